"""A body in chunks, decoded as it arrives.

cheroot's own reader takes a whole chunk into memory, however long the client says it is, and leaves trailers to be
taken for the next request.
"""

from __future__ import annotations

import re
from typing import Protocol

PIECE = 1 << 16
LONGEST_LINE = 1024
_LENGTH = re.compile(rb"[0-9a-fA-F]{1,16}")
MOST_TRAILERS = 64


class BrokenBody(ConnectionError):
    """The body ended too early, or its chunks are not such; nothing more can be read of the connection."""


class _File(Protocol):
    def read(self, size: int) -> bytes: ...
    def readline(self, size: int) -> bytes: ...


class Chunks:
    """Reads from `file`, in pieces no longer than asked for. `closed` when all was read."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._left = 0
        self._begun = False
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (-1: all); fewer only at the end. Raises BrokenBody."""
        pieces: list[bytes] = []
        while size != 0 and not self.closed:
            if not self._left:
                self._next_chunk()
                continue
            piece = self._file.read(min(self._left, PIECE, size if size > 0 else PIECE))
            if not piece:
                raise BrokenBody("the body ended inside of a chunk")
            pieces.append(piece)
            self._left -= len(piece)
            size -= len(piece) if size > 0 else 0
        return b"".join(pieces)

    def _next_chunk(self) -> None:
        if self._begun and self._line():
            raise BrokenBody("a chunk is longer than it says")
        length = self._line().partition(b";")[0].strip()
        if not _LENGTH.fullmatch(length):
            raise BrokenBody("a chunk does not say how long it is")
        self._left, self._begun = int(length, 16), True
        if not self._left:
            self._skip_trailers()
            self.closed = True

    def _skip_trailers(self) -> None:
        for _ in range(MOST_TRAILERS):
            if not self._line():
                return
        raise BrokenBody("the body has too many trailers")

    def _line(self) -> bytes:
        line = self._file.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise BrokenBody("the body ended between chunks")
        return line.rstrip(b"\r\n")
