"""Fields that many bodies share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
ID_OR_NULL: Schema = ID | {"type": ["string", "null"]}
SHORT_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"[\S]+"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]+"}
WORDED_FLAG: Schema = {
    "type": ["boolean", "string", "null"],
    "enum": [
        *(True, "True", "TRUE", "true", False, "False", "FALSE", "false", ""),
        *("1", "0", "y", "Y", "n", "N", "on", "ON", "off", "OFF", "yes", "no"),
    ],
}
"""A boolean as older clients write it too."""

IMMUTABLE: Schema = {
    "type": "object",
    "properties": {"immutable": {"type": ["boolean", "null"], "enum": [True, False, None]}},
    "additionalProperties": False,
}
TAG: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
TAGS: Schema = {"type": "array", "items": TAG, "maxItems": 80, "uniqueItems": True}


def wrapped(name: str, properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """A body that holds one resource under its name; it may have attributes of the client's own."""
    resource: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": True}
    if required:
        resource["required"] = list(required)
    return {"type": "object", "properties": {name: resource}, "required": [name]}


def query(**properties: Schema) -> Schema:
    """A query whose parameters have these schemas, once each; others pass."""
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": schema} for name, schema in properties.items()},
    }
