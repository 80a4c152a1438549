"""Links of compute's answers: to a thing, and to the next page of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from cupola.base.http.request import Request


def links(request: Request, collection: str, identity: str) -> list[dict[str, str]]:
    """To a thing: with the version, and for good."""
    return [
        {"rel": "self", "href": f"{request.root}/v2.1/{collection}/{identity}"},
        {"rel": "bookmark", "href": f"{request.root}/{collection}/{identity}"},
    ]


def next_page(request: Request, collection: str, last: str | None, full: bool) -> dict[str, Any]:
    """`{"<name>_links": [...]}` when the page was full and so more may follow; else nothing.

    `collection` is the path of the list ("servers/detail"), `last` the marker of its last element.
    """
    if not full or last is None:
        return {}
    kept = [(name, value) for name, values in request.query.items() if name != "marker" for value in values]
    href = f"{request.root}/v2.1/{collection}?{urlencode([*kept, ('marker', last)])}"
    name = collection.removesuffix("/detail").removeprefix("os-")
    return {f"{name}_links": [{"rel": "next", "href": href}]}
