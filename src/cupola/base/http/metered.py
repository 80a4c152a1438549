"""A socket that gives up on a peer which is slower than a minimum rate.

A time-out of the socket alone is no help: one byte a minute keeps it from running out.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rate:
    """The slowest that a peer may be, measured over at least `window` seconds of waiting for it."""

    bytes_a_second: float
    window: float


class MeteredSocket:
    """A socket that counts the bytes of both directions and the time spent waiting for them.

    `recv_into` and `send` raise TimeoutError, as a time-out of the socket does; all else is the socket's own.
    """

    def __init__(self, sock: socket.socket, slowest: Rate) -> None:
        self._sock = sock
        self._slowest = slowest
        self._waited = 0.0
        self._moved = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        return self._measured(self._sock.recv_into, buffer, *arguments)

    def send(self, data: Any, *arguments: Any) -> int:
        return self._measured(self._sock.send, data, *arguments)

    def _measured(self, move: Callable[..., int], *arguments: Any) -> int:
        began = time.monotonic()
        moved = move(*arguments)
        self._waited += time.monotonic() - began
        self._moved += moved
        if self._waited >= self._slowest.window:
            if self._moved < self._waited * self._slowest.bytes_a_second:
                raise TimeoutError("timed out")
            self._waited, self._moved = 0.0, 0
        return moved
