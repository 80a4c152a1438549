"""The small languages of placement's query parameters: resources, traits, aggregates, groups."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.ids import is_uuid
from cupola.placement.model.request import CandidatesRequest, Group


class BadValue(BadInput):
    code = "placement.query.bad_value"


class MissingValue(BadInput):
    code = "placement.query.missing_value"


class DuplicateKey(BadInput):
    code = "placement.query.duplicate_key"


class Traits(NamedTuple):
    """Of each set in `required` one must be there, of `forbidden` none."""

    required: list[frozenset[str]]
    forbidden: frozenset[str]


def resources(text: str) -> dict[str, int]:
    """`VCPU:2,MEMORY_MB:1024`. Raises BadInput."""
    found = {}
    for part in text.split(","):
        name, colon, amount = part.partition(":")
        if not colon or ":" in amount or not text.strip():
            raise BadInput(
                "Badly formed resources parameter. Expected resources query string parameter in form: "
                f"?resources=VCPU:2,MEMORY_MB:1024. Got: {part or 'empty string'}."
            )
        if not re.fullmatch(r"\s*[+-]?\d+\s*", amount):
            raise BadInput(f"Requested resource {name} expected positive integer amount. Got: {amount}.")
        if int(amount) < 1:
            raise BadInput(f"Requested resource {name} requires amount >= 1. Got: {int(amount)}.")
        found[name] = int(amount)
    return found


def traits(request: Request, values: Sequence[str]) -> Traits:
    """`A,!B` (and) or `in:A,B` (or), several times from 1.39 on. Raises BadInput."""
    either = request.at_least("1.39")
    required: list[frozenset[str]] = []
    forbidden: frozenset[str] = frozenset()
    for value in values if either else values[-1:]:
        one_of = value.startswith("in:")
        names = [name.strip() for name in value.removeprefix("in:" if one_of else "").split(",")]
        denied = frozenset(name.removeprefix("!") for name in names if name.startswith("!"))
        if not all(names) or not all(denied) or (one_of and not either):
            raise _bad_traits(value)
        if denied and (one_of or not request.at_least("1.22")):
            raise _bad_traits(value)
        wanted = [name for name in names if not name.startswith("!")]
        required += [frozenset(wanted)] if one_of else [frozenset((name,)) for name in wanted]
        forbidden |= denied
    return Traits(required, forbidden)


def _bad_traits(value: str) -> BadInput:
    return BadInput(
        "Invalid query string parameters: Expected 'required' parameter value of the form: "
        f"HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: {value}"
    )


def member_of(request: Request, values: Sequence[str]) -> tuple[list[frozenset[str]], frozenset[str]]:
    """`ID`, `in:ID,ID`, and from 1.32 on each with `!` before it. Raises BadInput."""
    if len(values) > 1 and not request.at_least("1.24"):
        raise BadInput("Multiple member_of parameters are not supported")
    wanted: list[frozenset[str]] = []
    unwanted: frozenset[str] = frozenset()
    for value in values:
        denied = value.startswith("!")
        if denied and not request.at_least("1.32"):
            raise BadInput("Forbidden member_of parameters are not supported in the specified microversion")
        rest = value.removeprefix("!")
        ids = rest.removeprefix("in:").split(",") if rest.startswith("in:") else [rest]
        if not all(is_uuid(one) for one in ids):
            raise BadInput(
                "Invalid query string parameters: Expected 'member_of' parameter to contain valid UUID(s). "
                f"Got: {value}"
            )
        if denied:
            unwanted |= frozenset(ids)
        else:
            wanted.append(frozenset(ids))
    return wanted, unwanted


def group(request: Request, suffix: str = "", granular: bool = False) -> Group:
    """The group of a request whose parameters have a suffix. Raises BadInput."""
    query = request.query
    needs = traits(request, query.get(f"required{suffix}", ()))
    wanted, unwanted = member_of(request, query.get(f"member_of{suffix}", ()))
    amounts, tree = query.get(f"resources{suffix}"), query.get(f"in_tree{suffix}")
    if tree and not is_uuid(tree[-1]):
        raise BadInput(f"Expected 'in_tree' parameter to be a format of uuid. Got: {tree[-1]}")
    if any(one_of <= needs.forbidden for one_of in needs.required):
        raise BadInput(
            f"Conflicting required and forbidden traits found in the following traits keys: required{suffix}"
        )
    return Group(
        granular=granular,
        resources=resources(amounts[-1]) if amounts else {},
        required=needs.required,
        forbidden=needs.forbidden,
        member_of=wanted,
        not_member_of=unwanted,
        in_tree=tree[-1] if tree else None,
    )


_KEY = re.compile(r"^(resources|required|member_of|in_tree)([a-zA-Z0-9_-]{1,64})?$")


def candidates(request: Request) -> CandidatesRequest:
    """All that a request for allocation candidates says. Raises BadInput."""
    suffixes = sorted({match[2] or "" for key in request.query if (match := _KEY.match(key))})
    groups = {suffix: group(request, suffix, granular=bool(suffix)) for suffix in suffixes}
    subtrees = [frozenset(part.strip() for part in value.split(",")) for value in request.query.get("same_subtree", ())]
    _check_groups(request, groups, subtrees)
    roots = request.query.get("root_required", ())
    if len(roots) > 1:
        raise DuplicateKey("Query parameter 'root_required' may be specified only once.")
    root = _root_traits(roots)
    limit = request.one("limit")
    return CandidatesRequest(
        groups,
        limit=min(int(limit), sys.maxsize) if limit else None,
        isolate=request.one("group_policy") == "isolate",
        root_required=frozenset().union(*root.required),
        root_forbidden=root.forbidden,
        same_subtrees=subtrees,
        nested=request.at_least("1.29"),
    )


def _root_traits(values: Sequence[str]) -> Traits:
    names = [name.strip() for value in values for name in value.split(",")]
    required = frozenset(name for name in names if not name.startswith("!"))
    forbidden = frozenset(name.removeprefix("!") for name in names if name.startswith("!"))
    if not all(names) or not all(forbidden):
        raise BadInput(f"Invalid query string parameters: 'root_required' has an empty trait. Got: {values[0]}")
    if both := required & forbidden:
        raise BadValue(f"Conflicting required and forbidden traits found in root_required: {', '.join(sorted(both))}")
    return Traits([required], forbidden)


def _check_groups(request: Request, groups: dict[str, Group], subtrees: Sequence[frozenset[str]]) -> None:
    empty = [suffix for suffix, one in groups.items() if not one.resources]
    if request.at_least("1.36"):
        together = frozenset().union(*subtrees)
        if "" in together:
            raise BadValue("Empty string (unsuffixed group) can not be specified in `same_subtree` ")
        if len(empty) == len(groups):
            raise MissingValue("There must be at least one resources or resources[$S] parameter.")
        if bad := [suffix for suffix in empty if suffix not in together]:
            raise BadValue(
                "Resourceless suffixed group request should be specified in `same_subtree` query param: "
                f"bad group(s) - {bad}."
            )
        if bad := sorted(together - groups.keys()):
            raise BadValue(f"Real suffixes should be specified in `same_subtree`: {bad} not found in {list(groups)}.")
    elif empty or not groups:
        raise BadInput("All request groups must specify resources.")
    if sum(one.granular for one in groups.values()) > 1 and request.one("group_policy") is None:
        raise BadInput(
            'The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.'
        )
