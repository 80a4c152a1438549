"""What a handler is given: the context, the validated body and query, and the URL's parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cupola.base.context import Context
from cupola.base.http.microversions import Version


class Stream(Protocol):
    """A request's body as it arrives."""

    def read(self, size: int) -> bytes: ...


@dataclass(frozen=True)
class Request:
    """One request to one route.

    `root` is the URL of the service's root as the client wrote it ("http://host/compute"), for links. `query` has all
    values of each name. `headers` are by upper-case name. `stream` is the body of a route that `streams`.
    """

    ctx: Context
    method: str
    path: str
    root: str
    params: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: Any
    microversion: Version | None
    stream: Stream | None = None
    content_length: int | None = None

    def __getitem__(self, name: str) -> str:
        """A part of the path by its name."""
        return self.params[name]

    def one(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def at_least(self, major_minor: str) -> bool:
        """Whether the negotiated microversion is this one or later."""
        major, minor = major_minor.split(".")
        return self.microversion is not None and self.microversion >= (int(major), int(minor))

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The streamed body, piece by piece."""
        assert self.stream is not None, "the route does not stream"  # noqa: S101
        while piece := self.stream.read(size):
            yield piece
