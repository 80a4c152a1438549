"""What comes in for allocations, usages and the reshaper."""

from __future__ import annotations

from cupola.placement.api.schemas.common import AMOUNT, ID, NAME, TEXT, UUID, UUID_KEY, Schema, body, listed, mapping
from cupola.placement.api.schemas.inventories import SET

_OWNER: dict[str, Schema] = {"project_id": ID, "user_id": ID}
_RESOURCES = mapping(NAME, AMOUNT, at_least=1)
_FIRST: Schema = {
    "type": "array",
    "minItems": 1,
    "items": body(
        {"resource_provider": body({"uuid": UUID}, "uuid"), "resources": _RESOURCES}, "resource_provider", "resources"
    ),
}
_BY_PROVIDER = body({"generation": {"type": "integer"}, "resources": _RESOURCES}, "resources")
_MAPPINGS: Schema = {
    "type": "object",
    "minProperties": 1,
    "patternProperties": {"[a-zA-Z0-9_-]{1,64}": {"type": "array", "minItems": 1, "items": UUID}},
}
_GENERATION: Schema = {"type": ["integer", "null"]}
_TYPE: Schema = {"type": "string", "pattern": NAME, "minLength": 1, "maxLength": 255}

_SOME = {"allocations": mapping(UUID_KEY, _BY_PROVIDER, at_least=1), **_OWNER}
_ANY = {"allocations": mapping(UUID_KEY, _BY_PROVIDER), **_OWNER}
_GUARDED = {**_ANY, "consumer_generation": _GENERATION}
_MAPPED = {**_GUARDED, "mappings": _MAPPINGS}
_TYPED = {**_MAPPED, "consumer_type": _TYPE}
_NAMES = ("allocations", "project_id", "user_id")
_ONE = {
    "1.13": body(_ANY, *_NAMES),
    "1.28": body(_GUARDED, *_NAMES, "consumer_generation"),
    "1.34": body(_MAPPED, *_NAMES, "consumer_generation"),
    "1.38": body(_TYPED, *_NAMES, "consumer_generation", "consumer_type"),
}

SET_ONE = {
    "1.0": body({"allocations": _FIRST}, "allocations"),
    "1.8": body({"allocations": _FIRST, **_OWNER}, *_NAMES),
    "1.12": body(_SOME, *_NAMES),
    **{since: one for since, one in _ONE.items() if since != "1.13"},
}
SET_MANY = {since: mapping(UUID_KEY, one, at_least=1) for since, one in _ONE.items()}
RESHAPE = {
    since: body(
        {"inventories": mapping(UUID_KEY, SET, at_least=1), "allocations": mapping(UUID_KEY, one)},
        "inventories",
        "allocations",
    )
    for since, one in _ONE.items()
    if since != "1.13"
}

_USAGES = {"project_id": listed(ID), "user_id": listed(ID)}
_CONSUMER_TYPE = {"type": "string", "pattern": f"{NAME}|^all$|^unknown$", "minLength": 1, "maxLength": 255}
USAGES = {
    "1.9": body(_USAGES, "project_id"),
    "1.38": body({**_USAGES, "consumer_type": listed(_CONSUMER_TYPE)}, "project_id"),
}

_CANDIDATES = {"resources": TEXT}
_LIMITED = _CANDIDATES | {
    "limit": listed({"type": "string", "pattern": "^[1-9][0-9]*$", "minLength": 1}),
}


def _grouped(names: tuple[str, ...], suffix: str, more: dict[str, Schema]) -> Schema:
    properties = {"limit": _LIMITED["limit"], "group_policy": listed({"type": "string", "enum": ["none", "isolate"]})}
    return {
        "type": "object",
        "properties": properties | more,
        "patternProperties": {f"^{name}({suffix})?$": TEXT for name in names},
        "additionalProperties": False,
    }


_OLD, _NEW = "[1-9][0-9]*", "[a-zA-Z0-9_-]{1,64}"
_GROUPS = ("resources", "required", "member_of")
_IN_TREE = (*_GROUPS, "in_tree")
CANDIDATES = {
    "1.10": body(_CANDIDATES, "resources"),
    "1.16": body(_LIMITED, "resources"),
    "1.17": body(_LIMITED | {"required": TEXT}, "resources"),
    "1.21": body(_LIMITED | {"required": TEXT, "member_of": TEXT}, "resources"),
    "1.25": _grouped(_GROUPS, _OLD, {}),
    "1.31": _grouped(_IN_TREE, _OLD, {}),
    "1.33": _grouped(_IN_TREE, _NEW, {}),
    "1.35": _grouped(_IN_TREE, _NEW, {"root_required": TEXT}),
    "1.36": _grouped(_IN_TREE, _NEW, {"root_required": TEXT, "same_subtree": TEXT}),
}
