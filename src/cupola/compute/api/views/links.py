<<<<<<< HEAD
"""Links of compute's answers: to a thing, and to the next page of a list."""

from __future__ import annotations

from typing import Any
=======
"""Links to compute's resources."""

from __future__ import annotations

>>>>>>> 347190e (WIP servers)
from urllib.parse import urlencode

from cupola.base.http.request import Request


def links(request: Request, collection: str, identity: str) -> list[dict[str, str]]:
<<<<<<< HEAD
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
=======
    """The link to a resource itself, and the one without a version that lasts."""
    return [
        {"rel": "self", "href": f"{request.root}/v2.1/{collection}/{identity}"},
        bookmark(request, collection, identity),
    ]


def bookmark(request: Request, collection: str, identity: str) -> dict[str, str]:
    return {"rel": "bookmark", "href": f"{request.root}/{collection}/{identity}"}


def next_link(request: Request, path: str, marker: str) -> list[dict[str, str]]:
    """The link to the page after the one that ends with `marker`; other parts of the query stay."""
    kept = [(name, value) for name, values in request.query.items() for value in values if name != "marker"]
    return [{"rel": "next", "href": f"{request.root}/v2.1/{path}?{urlencode([*kept, ('marker', marker)])}"}]
>>>>>>> 347190e (WIP servers)
