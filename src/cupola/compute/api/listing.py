"""Reading the query of a list of servers: who may filter by what, and what it means in the words of the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cupola.base.db.paging import Page
from cupola.base.http.request import Request
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.api.schemas.server_lists import IGNORED_SORT_KEYS, JOINED, LIST
from cupola.compute.errors import BadRequest, NotForProjects
from cupola.compute.model.listing import Listing
from cupola.compute.model.states import having
from cupola.compute.policies import servers as policies

MOST = 1000
"""Entries of one page."""

COLUMNS = {
    "display_name": "name",
    "display_description": "description",
    "uuid": "id",
    "image": "image_id",
    "image_ref": "image_id",
    "flavor": "flavor_id",
    "instance_type_id": "flavor_id",
    "tenant_id": "project_id",
    "node": "host",
    "terminated_at": "deleted_at",
    "auto_disk_config": "disk_config",
}
"""What the API calls a column of another name."""

EQUAL = set(
    "user_id project_id tenant_id image image_ref vm_state task_state host uuid flavor key_name reservation_id node "
    "availability_zone".split()
)
MATCHING = set("name display_name description display_description hostname access_ip_v4 access_ip_v6".split())
NUMBERS = {"power_state", "launch_index"}
MOMENTS = {"created_at", "launched_at", "terminated_at"}
TAGS = {"tags": "tags", "tags-any": "tags_any", "not-tags": "not_tags", "not-tags-any": "not_tags_any"}
CONSTANT = {"kernel_id", "ramdisk_id", "root_device_name", "locked_by", "progress"}
"""Asked for now and then, and the same for every server here: not used as filters."""

PAGING = {"limit", "marker", "sort_key", "sort_dir", "page_size"}


def allowed_to_all(request: Request) -> set[str]:
    """The filters that need no permission, at the request's microversion."""
    names = {"reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"}
    for since, more in (
        ("2.5", {"ip6"}),
        ("2.26", set(TAGS)),
        ("2.66", {"changes-before"}),
        ("2.73", {"locked"}),
        (
            "2.83",
            set(
                "availability_zone config_drive key_name created_at launched_at terminated_at power_state task_state "
                "vm_state progress user_id".split()
            ),
        ),
        ("2.90", {"hostname"}),
    ):
        if request.at_least(since):
            names |= more
    return names


@dataclass(frozen=True)
class Query:
    """A list that was asked for. `listing` None: nothing can be in it. `address` is a pattern for addresses."""

    listing: Listing | None
    page: Page
    all_projects: bool
    addresses: Mapping[int, str]


def parse(request: Request) -> Query:
    """Raises BadRequest or NotForProjects for what cannot be asked, or not by this caller."""
    known = set(LIST["2.75"]["properties"])
    given = {name: values for name, values in request.query.items() if name in known or name.startswith("_")}
    all_filters = request.ctx.may(policies.ALL_FILTERS)
    if not all_filters:
        given = {
            name: values for name, values in given.items() if name in allowed_to_all(request) | {*PAGING, "status"}
        }
    for name in given:
        if name in JOINED or name.startswith("_"):
            raise BadRequest(f"Invalid filter field: {name}.")
    filters = {name: values[-1] for name, values in given.items() if name not in PAGING}
    all_projects = _all_projects(filters.get("all_tenants"))
    fields = _fields(request, filters, given.get("status", ()))
    fields["equal"] = {**fields["equal"], **_owner(request, all_projects)}
    if not all_projects:
        fields["equal"].pop("tenant_id", None)
    addresses = {version: filters[name] for name, version in (("ip", 4), ("ip6", 6)) if name in filters}
    nothing = fields["states"] == []
    return Query(None if nothing else Listing(**fields), _page(request), all_projects, addresses)


def _owner(request: Request, all_projects: bool) -> dict[str, Any]:
    return {} if all_projects else {"project_id": request.ctx.project_id}


def _all_projects(value: str | None) -> bool:
    if value in (None, ""):
        return value == ""
    return _plainly("all_tenants", str(value))


def _plainly(name: str, value: str) -> bool:
    """What only a word for true or false may say. Raises BadRequest."""
    if value.lower() not in "true 1 on yes t y false 0 off no f n".split():
        raise BadRequest(f"Unrecognized value '{value}' for {name}")
    return value.lower() in "true 1 on yes t y".split()


def _fields(request: Request, filters: Mapping[str, str], statuses: tuple[str, ...]) -> dict[str, Any]:
    equal: dict[str, Any] = {COLUMNS.get(n, n): v for n, v in filters.items() if n in EQUAL and n != "tenant_id"}
    if "tenant_id" in filters:
        equal.setdefault("project_id", filters["tenant_id"])
    for name in NUMBERS & filters.keys():
        equal[name] = int(filters[name]) if filters[name].isdecimal() else -1
    for name in MOMENTS & filters.keys():
        equal[COLUMNS.get(name, name)] = moment(name, filters[name])
    if "locked" in filters:
        equal["locked"] = _plainly("locked", filters["locked"])
    if "config_drive" in filters:
        equal["config_drive"] = truth(filters["config_drive"])
    fields: dict[str, Any] = {
        "equal": equal,
        "matching": {COLUMNS.get(n, n): _pattern(n, v) for n, v in filters.items() if n in MATCHING},
        "changes_since": moment("changes-since", filters.get("changes-since")),
        "changes_before": moment("changes-before", filters.get("changes-before")),
        "states": _states(request, statuses),
        **{field: tuple(filters[name].split(",")) for name, field in TAGS.items() if name in filters},
    }
    since, before = fields["changes_since"], fields["changes_before"]
    if since and before and since > before:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    fields["deleted"] = _deleted(request, filters, statuses, changed=bool(since or before))
    return fields


def _states(request: Request, statuses: tuple[str, ...]) -> Any:
    if not statuses:
        return None
    states = having(statuses)
    if states is None and request.at_least("2.38"):
        raise BadRequest("Invalid status value")
    return states or []


def _deleted(request: Request, filters: Mapping[str, str], statuses: tuple[str, ...], changed: bool) -> bool | None:
    if [status.upper() for status in statuses] == ["DELETED"]:
        if not request.ctx.is_admin:
            raise NotForProjects("Only administrators may list deleted instances")
        return True
    if "deleted" in filters:
        return truth(filters["deleted"])
    return None if changed else False


_TAKEN_LITERALLY = re.compile(r"\\.|\[[^\]]*\]")
_ANYTHING_AROUND = re.compile(r"^\^?(\.\*)+(?![*+?{])|(?<!\\)(\.\*)+\$?$")
_REPEATS = re.compile(r"[*+?{]")
MOST_REPEATS = 2
MOST_GROUPS = 1
"""More of them, or a repeated group, and matching a name may take as good as for ever (and SQLite matches in here)."""


def _pattern(name: str, value: str) -> str:
    """A regular expression that is sure to be matched soon, without what it need not say. Raises BadRequest."""
    refused = f"Invalid input for query parameters {name}. Value: {value}. "
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadRequest(f"{refused}It is no regular expression.") from error
    needed = _ANYTHING_AROUND.sub("", value)
    plain = _TAKEN_LITERALLY.sub("x", needed)
    if re.search(r"\)[*+?{]", plain) or len(_REPEATS.findall(plain)) > MOST_REPEATS or plain.count("(") > MOST_GROUPS:
        raise BadRequest(f"{refused}It has too many repetitions or groups to be matched in time.")
    return needed


def moment(name: str, text: str | None) -> datetime | None:
    """A time from a query; without a zone it is UTC. Raises BadRequest."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'date-time'"
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def limit_of(request: Request) -> int:
    """The page's size: what was asked (0 is an empty page), within what one answer may hold."""
    asked = request.one("limit")
    return MOST if asked is None else min(int(asked), MOST)


def _page(request: Request) -> Page:
    keys = [key.strip() for key in request.query.get("sort_key", ())]
    directions = [direction.strip().lower() for direction in request.query.get("sort_dir", ())]
    if bad := [direction for direction in directions if direction not in ("asc", "desc")]:
        raise BadRequest(f"Invalid input received: Unknown sort direction '{bad[0]}', must be 'desc' or 'asc'")
    keys, last = keys or ["created_at"], directions[-1] if directions else "desc"
    sort = []
    for position, key in enumerate(keys):
        direction = directions[position] if position < len(directions) else last
        if key in IGNORED_SORT_KEYS and not (key == "locked" and request.at_least("2.73")):
            continue
        if key in ("host", "node") and not request.ctx.is_admin:
            raise NotForProjects(f"Only administrators can sort servers by {key}")
        if key not in CONSTANT:
            sort.append((COLUMNS.get(key, key), direction))
    return Page(limit_of(request), request.one("marker"), tuple(sort))
