"""Pieces that placement's schemas share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

MOST = 2**31 - 1
UUID: Schema = {
    "type": "string",
    "pattern": "^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$",
    "error": "It is not a 'uuid'",
}
UUID_KEY = "^[0-9a-fA-F-]{36}$"
NAME = "^[A-Z0-9_]+$"
CUSTOM_NAME = "^CUSTOM_[A-Z0-9_]+$"
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
AMOUNT: Schema = {"type": "integer", "minimum": 1}


def body(properties: Mapping[str, Schema], *required: str) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def mapping(keys: str, values: Schema, at_least: int = 0) -> Schema:
    """An object whose keys match a pattern."""
    return {
        "type": "object",
        "patternProperties": {keys: values},
        "minProperties": at_least,
        "additionalProperties": False,
    }


def listed(values: Schema) -> Schema:
    """A query parameter: every value of it is checked."""
    return {"type": "array", "items": values}


TEXT = listed({"type": "string"})
