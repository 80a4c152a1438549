"""What a service tells systemd of itself: readiness, state and signs of life, as datagrams to $NOTIFY_SOCKET."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import MutableMapping

log = logging.getLogger(__name__)

LONGEST_SAY = 5.0
"""seconds that a manager which does not listen keeps us"""


class Notifier:
    """Speaks to the service manager that started this process; without one it says nothing.

    `watchdog` is how many seconds the manager waits for `alive` before it ends us; None: it does not.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self.watchdog = watchdog
        self._address = address and ("\0" + address[1:] if address.startswith("@") else address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        if self._socket is not None:
            self._socket.settimeout(LONGEST_SAY)

    @classmethod
    def of_this_process(cls, environ: MutableMapping[str, str] = os.environ) -> Notifier:
        """The manager that the environment names. Its variables are taken out: what we start is no service."""
        address = environ.pop("NOTIFY_SOCKET", None)
        microseconds, pid = environ.pop("WATCHDOG_USEC", None), environ.pop("WATCHDOG_PID", None)
        ours = pid is None or pid == str(os.getpid())
        return cls(address, int(microseconds) / 1e6 if microseconds and ours else None)

    def ready(self) -> None:
        self._say("READY=1")

    def status(self, text: str) -> None:
        """One line about what we are at, for `systemctl status`."""
        self._say(f"STATUS={text}")

    def alive(self) -> None:
        self._say("WATCHDOG=1")

    def reloading(self) -> None:
        self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def longer(self, seconds: float) -> None:
        """What is under way, a start or an end, may take so much longer from now."""
        self._say(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def _say(self, text: str) -> None:
        if self._socket is None or self._address is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as error:  # nobody hears us: no reason to stop working
            log.debug("the service manager was not told %s: %s", text, error)
