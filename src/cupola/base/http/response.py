"""What a handler answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Response:
    """Status, body (JSON-able, or bytes as they stand with their `content_type`) and headers; or a stream of bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    content_type: str = "application/json"


def ok(body: Any, **headers: str) -> Response:
    return Response(200, body, _names(headers))


def created(body: Any, **headers: str) -> Response:
    return Response(201, body, _names(headers))


def accepted(body: Any = None, **headers: str) -> Response:
    return Response(202, body, _names(headers))


def no_content() -> Response:
    return Response(204)


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
