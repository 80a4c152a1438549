"""What a list's query string asks for: filters, tags, pages, order and fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from cupola.base.db.paging import Page
from cupola.base.http.request import Request
from cupola.network.api.attributes import Attributes
from cupola.network.api.checks import Wrong
from cupola.network.errors import BadRequest, HTTPBadRequest
from cupola.network.model.query import Query

_TAGS = {"tags": "tags", "tags-any": "tags_any", "not-tags": "not_tags", "not-tags-any": "not_tags_any"}
_PAGING = ("limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields")


def query_of(request: Request, attributes: Attributes, more: Collection[str] = ()) -> Query:
    """The query; `more` are filters that the resource reads itself. Raises HTTPBadRequest, BadRequest, InvalidInput."""
    filters: dict[str, tuple[Any, ...]] = {}
    tags: dict[str, tuple[str, ...]] = {}
    unknown = []
    for name, values in request.query.items():
        if name in _PAGING or name in more:
            continue
        if name in _TAGS:
            tags[_TAGS[name]] = tuple(tag for value in values for tag in value.split(","))
            continue
        attribute = attributes.named(name)
        if attribute is None or not (attribute.column or attribute.constant is not None):
            unknown.append(name)
        elif attribute.column:
            filters[attribute.column] = tuple(_parsed(attribute.parse, name, value) for value in values)
        elif attribute.constant not in [_parsed(attribute.parse, name, value) for value in values]:
            filters["id"] = ()
    if unknown:
        raise HTTPBadRequest(f"{unknown} is invalid attribute for filtering")
    return Query(filters, page=_page(request, attributes), **tags)


def _parsed(parse: Any, name: str, value: str) -> Any:
    try:
        return parse(value)
    except Wrong as error:
        raise HTTPBadRequest(f"Invalid input for {name}. Reason: {error}.") from None
    except ValueError:
        raise HTTPBadRequest(f"Invalid input for {name}. Reason: '{value}' is not an integer.") from None


def _page(request: Request, attributes: Attributes) -> Page:
    limit = _limit(request)
    return Page(limit, request.one("marker") or None, _sort(request, attributes), _reverse(request))


def _limit(request: Request) -> int | None:
    given = request.one("limit")
    if given is None:
        return None
    if not given.isdecimal():
        raise BadRequest("limit", f"Limit must be an integer 0 or greater and not '{given}'.")
    return int(given) or None


def _reverse(request: Request) -> bool:
    return (request.one("page_reverse") or "").lower() == "true"


def _sort(request: Request, attributes: Attributes) -> tuple[tuple[str, str], ...]:
    keys, directions = request.query.get("sort_key", ()), request.query.get("sort_dir", ())
    if len(keys) != len(directions):
        raise HTTPBadRequest("The number of sort_keys and sort_dirs must be same")
    columns = {key: found.column if (found := attributes.named(key)) else "" for key in keys}
    if bad := [key for key in keys if not columns[key]]:
        raise HTTPBadRequest(f"{bad} is invalid attribute for sort_keys")
    if bad := [direction for direction in directions if direction not in ("asc", "desc")]:
        raise HTTPBadRequest(f"{bad} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    return tuple((columns[key], direction) for key, direction in zip(keys, directions, strict=True))


def links(request: Request, shown: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Links to the pages after and before this one, when the list is paged."""
    limit, reverse = _limit(request), _reverse(request)
    if limit is None or not shown:
        return []
    found = []
    if len(shown) >= limit or reverse:
        found.append({"rel": "next", "href": _href(request, shown[-1]["id"], reverse=False)})
    if len(shown) >= limit or not reverse:
        found.append({"rel": "previous", "href": _href(request, shown[0]["id"], reverse=True)})
    return found


def _href(request: Request, marker: str, reverse: bool) -> str:
    kept = [
        (name, value)
        for name, values in request.query.items()
        if name not in ("marker", "page_reverse")
        for value in values
    ]
    paging = [("marker", marker), *([("page_reverse", "True")] if reverse else [])]
    path = request.path.removeprefix(_prefix(request))
    return f"{request.root}{path}?{urlencode(kept + paging)}"


def _prefix(request: Request) -> str:
    """What of the path `root` has already."""
    at = request.path.find("/v2.0")
    return request.path[:at] if at > 0 else ""
