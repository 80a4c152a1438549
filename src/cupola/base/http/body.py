"""The body of a request, however the server hands it over: by its announced length, or as decoded from chunks."""

from __future__ import annotations

import falcon

from cupola.base.errors import BadInput, SlowClient
from cupola.base.http.chunks import BrokenBody
from cupola.base.http.request import Stream


class Body:
    """A body as it arrives. Ends only where the client ended it: one that breaks off is an error, not a short body."""

    def __init__(self, raw: falcon.Request) -> None:
        self._chunked = (raw.get_header("Transfer-Encoding") or "").lower() == "chunked"
        self._stream: Stream = raw.env["wsgi.input"] if self._chunked else raw.bounded_stream
        self._left = 0 if self._chunked else raw.content_length or 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; nothing at the end. Raises OSError when the client broke off or was too slow."""
        try:
            piece = self._stream.read(size)
        except ValueError as error:  # how other servers than ours refuse what are no chunks
            raise BrokenBody(str(error)) from error
        self._left -= 0 if self._chunked else len(piece)
        if size and not piece and self._left > 0:
            raise BrokenBody(f"the body ended {self._left} bytes early")
        return piece

    def whole(self, limit: int) -> bytes:
        """All of it, or the first `limit` + 1 bytes if it is longer. Raises BadInput, SlowClient."""
        pieces: list[bytes] = []
        left = limit + 1
        try:
            while left and (piece := self.read(left)):
                pieces.append(piece)
                left -= len(piece)
        except TimeoutError as error:
            raise SlowClient("The request body did not arrive in time.") from error
        except OSError as error:
            raise BadInput(f"The request body broke off: {error}.") from error
        return b"".join(pieces)
