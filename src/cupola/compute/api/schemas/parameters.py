"""Pieces that schemas of compute share, and how the loose forms that they accept are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

MOST = 2**31 - 1

NAME = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^\S([^\x00-\x1f\x7f-\x9f]*\S)?$",
    "error": "It must be printable characters. Can not start or end with whitespace.",
}
DESCRIPTION = {"type": ["string", "null"], "maxLength": 65535, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
HOST = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9-._]*$"}
POSITIVE = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 1, "minLength": 1, "maximum": MOST}
NON_NEGATIVE = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 0, "minLength": 1, "maximum": MOST}
_TRUE = ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
_FALSE = ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
BOOLEAN = {"type": ["boolean", "string"], "enum": [True, *_TRUE, False, *_FALSE]}

ANY_TEXT = {"type": "array", "items": {"type": "string"}}
"""A query parameter that may come more than once."""
COUNT_TEXT = {"type": "array", "items": {"type": "string", "minLength": 1, "pattern": "^[0-9]*$"}}
BOOLEAN_TEXT = {"type": "array", "items": {"type": "string", "enum": [*_TRUE, *_FALSE]}, "maxItems": 1}
PRIVATE: Schema = {"patternProperties": {"^_": {}}}
"""Parameters that clients and proxies add for themselves."""
PAGING = {"limit": COUNT_TEXT, "marker": ANY_TEXT}


def truth(value: Any) -> bool:
    """What a value that `BOOLEAN` accepts means."""
    return value is True or value in _TRUE


def whole(name: str, properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A body of one named object with these properties and no others."""
    return {
        "type": "object",
        "properties": {
            name: {
                "type": "object",
                "properties": dict(properties),
                "required": list(required),
                "additionalProperties": False,
            }
        },
        "required": [name],
        "additionalProperties": False,
    }


def query(properties: Mapping[str, Any], strict: bool) -> dict[str, Any]:
    """A query of these parameters; before they were made `strict`, others were ignored."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": not strict, **PRIVATE}


def strict_since(version: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A query that ignores unknown parameters before a microversion and refuses them from then on."""
    return {"2.1": query(properties, strict=False), version: query(properties, strict=True)}
