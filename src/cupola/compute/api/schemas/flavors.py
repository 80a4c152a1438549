"""What comes in for flavors."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import (
    ANY_TEXT,
    BOOLEAN,
    DESCRIPTION,
    NAME,
    NON_NEGATIVE,
    PAGING,
    POSITIVE,
    query,
    strict_since,
    whole,
)

SORT_KEYS = {
    "created_at": "created_at",
    "description": "description",
    "disabled": "id",
    "ephemeral_gb": "ephemeral_gb",
    "flavorid": "id",
    "id": "id",
    "is_public": "is_public",
    "memory_mb": "memory_mb",
    "name": "name",
    "root_gb": "root_gb",
    "rxtx_factor": "rxtx_factor",
    "swap": "swap",
    "updated_at": "updated_at",
    "vcpu_weight": "id",
    "vcpus": "vcpus",
}
"""What a list may be sorted by → the column; no flavor is ever disabled or has a weight."""

LONGEST_ID = 255

_FLAVOR = {
    "name": NAME,
    "id": {
        "type": ["string", "number", "null"],
        "minLength": 1,
        "maxLength": LONGEST_ID,
        "pattern": r"^(?! )[a-zA-Z0-9. _-]+(?<! )$",
    },
    "ram": POSITIVE,
    "vcpus": POSITIVE,
    "disk": NON_NEGATIVE,
    "OS-FLV-EXT-DATA:ephemeral": NON_NEGATIVE,
    "swap": NON_NEGATIVE,
    "rxtx_factor": {
        "type": ["number", "string"],
        "pattern": r"^[0-9]+(\.[0-9]+)?$",
        "exclusiveMinimum": 0,
        "maximum": 3.40282e38,
    },
    "os-flavor-access:is_public": BOOLEAN,
}
_REQUIRED = ("name", "ram", "vcpus", "disk")
_NO_FACTOR = {name: schema for name, schema in _FLAVOR.items() if name != "rxtx_factor"}

CREATE = {
    "2.1": whole("flavor", _FLAVOR, _REQUIRED),
    "2.55": whole("flavor", {**_FLAVOR, "description": DESCRIPTION}, _REQUIRED),
    "2.102": whole("flavor", {**_NO_FACTOR, "description": DESCRIPTION}, _REQUIRED),
}
UPDATE = whole("flavor", {"description": DESCRIPTION}, ("description",))

_LIST = {
    **PAGING,
    "is_public": ANY_TEXT,
    "minRam": ANY_TEXT,
    "minDisk": ANY_TEXT,
    "sort_key": {"type": "array", "items": {"type": "string", "enum": list(SORT_KEYS)}},
    "sort_dir": {"type": "array", "items": {"type": "string", "enum": ["asc", "desc"]}},
}
LIST = {**strict_since("2.75", _LIST), "2.102": query({**_LIST, "name": ANY_TEXT}, strict=True)}
SHOW = strict_since("2.102", {})

_SPECS = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "number"], "maxLength": 255}},
    "additionalProperties": False,
}
ADD_SPECS = {
    "type": "object",
    "properties": {"extra_specs": _SPECS},
    "required": ["extra_specs"],
    "additionalProperties": False,
}
SET_SPEC = {**_SPECS, "minProperties": 1, "maxProperties": 1}

_TENANT = {"tenant": {"type": "string", "minLength": 1, "maxLength": 255}}
ADD_ACCESS = whole("addTenantAccess", _TENANT, ("tenant",))
REMOVE_ACCESS = whole("removeTenantAccess", _TENANT, ("tenant",))
