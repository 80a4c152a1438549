"""What comes in for resource providers."""

from __future__ import annotations

from cupola.placement.api.schemas.common import TEXT, UUID, body, listed

_NAME = {"type": "string", "maxLength": 200}
_PARENT = {"anyOf": [UUID, {"type": "null"}]}

CREATE = {
    "1.0": body({"name": _NAME, "uuid": UUID}, "name"),
    "1.14": body({"name": _NAME, "uuid": UUID, "parent_provider_uuid": _PARENT}, "name"),
}
UPDATE = {
    "1.0": body({"name": _NAME}, "name"),
    "1.14": body({"name": _NAME, "parent_provider_uuid": _PARENT}, "name"),
}

_FIRST = {"name": TEXT, "uuid": listed(UUID)}
_OF = _FIRST | {"member_of": TEXT}
_WITH = _OF | {"resources": TEXT}
_IN = _WITH | {"in_tree": listed(UUID)}
LIST = {
    "1.0": body(_FIRST),
    "1.3": body(_OF),
    "1.4": body(_WITH),
    "1.14": body(_IN),
    "1.18": body(_IN | {"required": TEXT}),
}
