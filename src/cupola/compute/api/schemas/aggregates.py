"""What comes in for host aggregates."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import HOST, NAME, whole

_ZONE = {
    "type": ["string", "null"],
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^[^\s:\x00-\x1f]([^:\x00-\x1f]*[^\s:\x00-\x1f])?$",
}

CREATE = whole("aggregate", {"name": NAME, "availability_zone": _ZONE}, ("name",))
UPDATE = whole("aggregate", {"name": NAME, "availability_zone": _ZONE})
UPDATE["properties"]["aggregate"]["minProperties"] = 1
ADD_HOST = whole("add_host", {"host": HOST}, ("host",))
REMOVE_HOST = whole("remove_host", {"host": HOST}, ("host",))
_METADATA = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}},
    "additionalProperties": False,
}
SET_METADATA = whole("set_metadata", {"metadata": _METADATA}, ("metadata",))
