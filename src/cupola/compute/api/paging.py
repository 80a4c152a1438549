"""How compute's lists are paged: `limit` and `marker`, with a highest limit."""

from __future__ import annotations

from typing import Any

from cupola.base.db.paging import Page
from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.compute.api.views.links import next_link

HIGHEST = 1000


def page_of(request: Request, sort: tuple[tuple[str, str], ...] = ()) -> Page:
    """The page that a query asks for. Raises BadInput for a limit that is no number."""
    text = request.one("limit")
    if text is not None and not text.isdecimal():
        raise BadInput("limit must be an integer")
    return Page(HIGHEST if text is None else min(int(text), HIGHEST), request.one("marker"), sort)


def next_page(request: Request, path: str, last: str | None, full: bool) -> dict[str, Any]:
    """`{"<name>_links": [...]}` when the page was full and so more may follow; else nothing.

    `path` is that of the list ("flavors/detail"), `last` the marker of its last element.
    """
    if not full or last is None:
        return {}
    name = path.removesuffix("/detail").removeprefix("os-")
    return {f"{name}_links": next_link(request, path, last)}
