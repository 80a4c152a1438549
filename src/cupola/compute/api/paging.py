"""How compute's lists are paged: `limit` and `marker`, with a highest limit."""

from __future__ import annotations

from cupola.base.db.paging import Page
from cupola.base.errors import BadInput
from cupola.base.http.request import Request

HIGHEST = 1000


def page_of(request: Request, sort: tuple[tuple[str, str], ...] = ()) -> Page:
    """The page that a query asks for. Raises BadInput for a limit that is no number."""
    text = request.one("limit")
    if text is not None and not text.isdecimal():
        raise BadInput("limit must be an integer")
    return Page(HIGHEST if text is None else min(int(text), HIGHEST), request.one("marker"), sort)
