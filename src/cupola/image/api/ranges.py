"""Which part of an image a client wants: `Range`, and `Content-Range` as older clients misuse it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cupola.base.errors import BadInput
from cupola.image.errors import RangeNotSatisfiable

_RANGE = re.compile(r"^\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*$", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"^\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d+|\*)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """`length` bytes from `start`."""

    start: int
    length: int


def span(header: str, size: int) -> Span:
    """The part of `size` bytes that a Range header asks for.

    Raises BadInput for several at once, RangeNotSatisfiable for one that is malformed or begins beyond the end.
    """
    if "," in header:
        raise BadInput("Requests with multiple ranges are not supported; make multiple requests.")
    match = _RANGE.match(header)
    if match is None or not (match[1] or match[2]):
        raise RangeNotSatisfiable(size)
    if not match[1]:
        length = min(int(match[2]), size)
        start = size - length
    else:
        start = int(match[1])
        length = min(int(match[2]) + 1 if match[2] else size, size) - start
    if start >= size or length <= 0:
        raise RangeNotSatisfiable(size)
    return Span(start, length)


def content_span(header: str, size: int) -> Span:
    """The part that a Content-Range header of a request asks for. Raises RangeNotSatisfiable."""
    match = _CONTENT_RANGE.match(header)
    if match is None or not int(match[1]) <= int(match[2]) < size:
        raise RangeNotSatisfiable(size)
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
