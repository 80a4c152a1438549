"""Watches the machine's rule set: who reloads it (`nft flush ruleset`) takes our tables too, and guests are open."""

from __future__ import annotations

import errno
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from cupola.network.host.drivers.linux.generation import NETLINK_NETFILTER, changed_by

_NFTABLES_GROUP = 1 << 6
_LARGEST = 1 << 17


class RuleSetWatch:
    """Calls `changed`, in a thread of its own, when another process has changed the rule set of the machine."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self._events.bind((0, _NFTABLES_GROUP))
        self._end, self._ended = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="rule set watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.close()
        self._thread.join(5)
        self._ended.close()
        self._events.close()

    def _run(self) -> None:
        while self._ended not in (ready := select.select([self._events, self._ended], [], [])[0]):
            if ready and self._others():
                self._changed()

    def _others(self) -> bool:
        """Whether what is told next is a change, and not one of ours."""
        try:
            threads = changed_by(self._events.recv(_LARGEST))
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # so much changed at once that the kernel could not tell all of it
                raise
            return True
        return any(not Path(f"/proc/self/task/{each}").exists() for each in threads)
