"""Lists: what their queries ask for, and the envelope their answers come in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.identity.logic.attributes import truth
from cupola.identity.model.listing import COMPARATORS, Filter, Wanted

View = Mapping[str, Any]


def wanted(request: Request, names: Collection[str], flags: Collection[str] = ()) -> Wanted:
    """Filters on the attributes `names` and the boolean ones `flags`, and the page. Raises BadInput."""
    filters = []
    for key in request.query:
        name, _, comparator = key.partition("__")
        value = request.one(key) or ""
        if key in flags:
            filters.append(Filter(key, truth(value)))
        elif name in names and (comparator or "equals") in COMPARATORS:
            filters.append(Filter(name, value, comparator or "equals"))
    return Wanted(tuple(filters), _limit(request), request.one("marker"))


def _limit(request: Request) -> int | None:
    text = request.one("limit")
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise BadInput(f"Invalid input for field/attribute limit. Value: {text}. It must be a whole number above 0.")
    return int(text)


def true(request: Request, name: str) -> bool:
    """Whether a query parameter is there and not said to be false."""
    return name in request.query and (request.one(name) or "").lower() not in ("0", "false", "no")


def link(request: Request, *parts: str) -> str:
    """The URL of something of this service."""
    return "/".join([f"{request.root}/v3", *parts])


def address(request: Request) -> str:
    """The URL of this request as the client wrote it."""
    path = request.ctx.call.path if request.ctx.call is not None else request.path
    return f"{request.root}{path[path.index('/v3') :]}"


def collection(request: Request, plural: str, views: Sequence[View], more: bool = False) -> Response:
    """The answer to a list; `more` says that another page follows the last of these."""
    here = address(request)
    body: dict[str, Any] = {plural: list(views), "links": {"next": None, "self": here, "previous": None}}
    if more:
        body["links"]["next"] = _after(here, str(views[-1]["id"]))
        body["truncated"] = True
    return ok(body)


def _after(here: str, marker: str) -> str:
    path, _, query = here.partition("?")
    others = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "marker"]
    return f"{path}?{urlencode([*others, ('marker', marker)])}"


def extra(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that clients added, as answers to a change of a user or project have them once more."""
    return {"extra": dict(attributes)} if attributes else {}
