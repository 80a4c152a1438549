"""What comes in for compute's services."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import ANY_TEXT, BOOLEAN, HOST, Schema, strict_since

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_NAMED = {"host": HOST, "binary": _TEXT, "disabled_reason": _TEXT}
_STATUS = {"type": "string", "enum": ["enabled", "disabled"]}


def _body(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


UPDATE = {
    "2.1": _body(_NAMED, "host", "binary"),
    "2.11": _body(_NAMED | {"forced_down": BOOLEAN}, "host", "binary"),
    "2.53": _body({"status": _STATUS, "disabled_reason": _TEXT, "forced_down": BOOLEAN}),
}
LIST = strict_since("2.75", {"host": ANY_TEXT, "binary": ANY_TEXT})
