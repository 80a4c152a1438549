"""The query of a list of images: filters with operators, sorting in two syntaxes, page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from cupola.base.db.paging import Page
from cupola.base.errors import BadInput
from cupola.image.model.image import SORT_KEYS, VISIBILITIES
from cupola.image.model.member import STATUSES
from cupola.image.model.selection import Condition, Selection
from cupola.image.settings import ImageSettings

Query = Mapping[str, Sequence[str]]
_TAKEN = {"limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "visibility", "tag"}
_LISTABLE = ("name", "id", "status", "container_format", "disk_format")
_NUMBERS = ("size", "virtual_size", "min_disk", "min_ram")
_TEXTS = ("owner", "checksum", "os_hash_value", "os_hash_algo")
_MOMENTS = ("created_at", "updated_at")
_FLAGS = ("protected", "os_hidden")
_VALUES = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)",?|([^,]+),?|,')


def selection(query: Query) -> Selection:
    """What to list. Raises BadInput naming the filter that cannot be understood."""
    visibility = _last(query, "visibility")
    if visibility is not None and visibility not in (*VISIBILITIES, "all"):
        raise BadInput(f"Invalid visibility value: {visibility}")
    if "changes-since" in query:
        raise BadInput('The "changes-since" filter is no longer available on v2.')
    answered = _last(query, "member_status") or "accepted"
    if answered not in (*STATUSES, "all"):
        raise BadInput(f"Invalid status: {answered}")
    filters = {name: values[-1] for name, values in query.items() if name not in _TAKEN}
    filters.setdefault("os_hidden", "false")
    conditions, properties = [], []
    for name, value in filters.items():
        found = _condition(name, value)
        if found is None:
            properties.append((name, value))
        else:
            conditions.append(found)
    tags = tuple(tag.strip() for tag in query.get("tag", ()))
    return Selection(tuple(conditions), tuple(properties), tags, visibility, answered)


def _condition(name: str, value: str) -> Condition | None:
    """The condition on a column; None when the name is a property of users' own."""
    if name.endswith(("_min", "_max")) and name[:-4] in _NUMBERS:
        return Condition(name[:-4], "gte" if name.endswith("_min") else "lte", _number(value))
    if name in _NUMBERS:
        return Condition(name, "eq", _number(value))
    if name in _MOMENTS:
        return _moment(name, value)
    if name in _LISTABLE:
        return _listable(name, value)
    if name in _FLAGS:
        if value.lower() not in ("true", "false"):
            raise BadInput(f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'.")
        return Condition(name, "eq", value.lower() == "true")
    return Condition(name, "eq", value) if name in _TEXTS else None


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BadInput("Unable to filter on a range with a non-numeric value.") from error


def _moment(name: str, value: str) -> Condition:
    operator, colon, rest = value.partition(":")
    if not colon or operator[:1].isdigit():
        operator, rest = "eq", value
    try:
        moment = datetime.fromisoformat(rest)
    except ValueError as error:
        raise BadInput(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.') from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    for known in ("eq", "neq", "gt", "gte", "lt", "lte"):
        if operator == known:
            return Condition(name, known, moment)
    raise BadInput(f"Unable to filter on a unknown operator: {operator}.")


def _listable(name: str, value: str) -> Condition:
    operator, colon, rest = value.partition(":")
    if not colon:
        return Condition(name, "eq", value)
    if operator == "in":
        return Condition(name, "in", tuple(_split(rest)))
    if operator == "eq":
        return Condition(name, "eq", rest)
    raise BadInput(f"Unable to filter by unknown operator '{operator}'.")


def _split(value: str) -> Iterator[str]:
    """Values separated by commas; one in double quotes may contain commas. Raises BadInput for stray quotes."""
    if re.search(r'(?<!\\)"', re.sub(r'(?:^|(?<=,))"(?:[^"\\]|\\.)*"(?=,|$)', "", value)):
        raise BadInput(f"Invalid filter value {value}. A quotation mark is not closed or not beside a comma.")
    for match in _VALUES.finditer(value):
        yield match[1] if match[1] is not None else match[2] or ""


def page(query: Query, settings: ImageSettings) -> Page:
    """The page asked for, or the first. Raises BadInput."""
    limit = settings.page if (asked := _last(query, "limit")) is None else _limit(asked)
    return Page(min(limit, settings.longest_page), _last(query, "marker"), _sort(query))


def _limit(asked: str) -> int:
    try:
        limit = int(asked)
    except ValueError as error:
        raise BadInput("limit param must be an integer") from error
    if limit < 0:
        raise BadInput("limit param must be positive")
    return limit


def _sort(query: Query) -> tuple[tuple[str, str], ...]:
    keys = [key.strip() for key in query.get("sort_key", ())]
    directions = [direction.strip() for direction in query.get("sort_dir", ())]
    if "sort" in query:
        if keys or directions:
            raise BadInput("Old and new sorting syntax cannot be combined")
        pairs = [part.partition(":") for part in query["sort"][-1].strip().split(",")]
        keys = [key.strip() for key, _, _ in pairs]
        directions = [direction.strip() or "desc" for _, _, direction in pairs]
    if len(directions) > 1 and len(directions) != len(keys):
        raise BadInput("Number of sort dirs does not match the number of sort keys")
    for key in keys:
        if key not in SORT_KEYS:
            raise BadInput(f"Invalid sort key: {key}. It must be one of the following: {', '.join(SORT_KEYS)}.")
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise BadInput(f"Invalid sort direction: {direction}")
    keys, directions = keys or ["created_at"], directions or ["desc"]
    default = directions[0] if len(directions) == 1 else "desc"
    directions += [default] * (len(keys) - len(directions))
    more = [(key, default) for key in ("created_at", "id") if key not in keys]
    return (*zip(keys, directions, strict=True), *more)


def _last(query: Query, name: str) -> str | None:
    values = query.get(name)
    return values[-1] if values else None
