"""Hears of the end of a guest's process at once, whoever ended it. What it misses, the host's next look finds."""

import asyncio
import contextlib
import os

from cupola.compute.host.drivers.local import Ended
from cupola.compute.host.drivers.process import Process


class Watch:
    """Watches processes in the thread of `loop`, which also calls `ended`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ended: Ended) -> None:
        self._loop, self._ended = loop, ended
        self._watched: dict[str, tuple[int, int]] = {}
        """server id → process id and handle; of the loop's thread alone."""

    def over(self, server_id: str, process: Process) -> None:
        """Watch this process of a server, unless it is watched already."""
        self._loop.call_soon_threadsafe(self._begin, server_id, process.pid)

    def forget(self, server_id: str) -> None:
        """What happens to its process from here on is no news."""
        self._loop.call_soon_threadsafe(self._leave, server_id)

    def close(self) -> None:
        """Watch nothing any more."""
        self._loop.call_soon_threadsafe(self._leave_all)

    def _begin(self, server_id: str, pid: int) -> None:
        if self._watched.get(server_id, (0, 0))[0] == pid:
            return
        self._leave(server_id)
        with contextlib.suppress(ProcessLookupError):  # it is gone: whoever looked next has seen that
            handle = os.pidfd_open(pid)
            self._watched[server_id] = pid, handle
            self._loop.add_reader(handle, self._end, server_id)

    def _end(self, server_id: str) -> None:
        self._leave(server_id)
        self._ended(server_id)

    def _leave_all(self) -> None:
        for server_id in list(self._watched):
            self._leave(server_id)

    def _leave(self, server_id: str) -> None:
        _, handle = self._watched.pop(server_id, (0, None))
        if handle is not None:
            self._loop.remove_reader(handle)
            os.close(handle)
