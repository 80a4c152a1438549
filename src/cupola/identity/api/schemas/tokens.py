"""What comes in with a request for a token."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_DOMAIN = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}}
_USER = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "password": _TEXT, "domain": _DOMAIN},
}
_IDENTITY = {
    "type": "object",
    "properties": {
        "methods": {"type": "array", "items": _TEXT},
        "password": {"type": "object", "properties": {"user": _USER}},
        "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
    },
    "required": ["methods"],
}
_SCOPE = {
    "type": ["object", "string"],
    "properties": {
        "project": {"type": "object", "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN}},
        "domain": _DOMAIN,
        "system": {"type": "object", "properties": {"all": {"type": "boolean"}}},
        "unscoped": {"type": "object"},
    },
}
ISSUE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "auth": {
            "type": "object",
            "properties": {"identity": _IDENTITY, "scope": _SCOPE},
            "required": ["identity"],
        }
    },
    "required": ["auth"],
}
