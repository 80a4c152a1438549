"""Links to compute's resources."""

from __future__ import annotations

from urllib.parse import urlencode

from cupola.base.http.request import Request


def links(request: Request, collection: str, identity: str) -> list[dict[str, str]]:
    """The link to a resource itself, and the one without a version that lasts."""
    return [
        {"rel": "self", "href": f"{request.root}/v2.1/{collection}/{identity}"},
        bookmark(request, collection, identity),
    ]


def bookmark(request: Request, collection: str, identity: str) -> dict[str, str]:
    return {"rel": "bookmark", "href": f"{request.root}/{collection}/{identity}"}


def next_link(request: Request, path: str, marker: str) -> list[dict[str, str]]:
    """The link to the page after the one that ends with `marker`; other parts of the query stay."""
    query = {name: request.query[name] for name in sorted(request.query)} | {"marker": [marker]}
    return [{"rel": "next", "href": f"{request.root}/v2.1/{path}?{urlencode(query, doseq=True)}"}]
