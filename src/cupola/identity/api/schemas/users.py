"""What comes in with users."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import (
    ID,
    ID_OR_NULL,
    NAME,
    TEXT,
    TEXT_OR_NULL,
    WORDED_FLAG,
    Schema,
    query,
    wrapped,
)

_OPTION: Schema = {"type": ["boolean", "null"]}
_USER: dict[str, Schema] = {
    "name": NAME,
    "domain_id": ID,
    "enabled": WORDED_FLAG,
    "default_project_id": ID_OR_NULL,
    "description": TEXT_OR_NULL,
    "password": TEXT_OR_NULL,
    "options": {
        "type": "object",
        "properties": {
            "ignore_change_password_upon_first_use": _OPTION,
            "ignore_password_expiry": _OPTION,
            "ignore_lockout_failure_attempts": _OPTION,
            "ignore_user_inactivity": _OPTION,
            "lock_password": _OPTION,
            "multi_factor_auth_enabled": _OPTION,
            "multi_factor_auth_rules": {"type": ["array", "null"]},
        },
        "additionalProperties": False,
    },
}
CREATE = wrapped("user", _USER, ("name",))
UPDATE = wrapped("user", _USER)
PASSWORD: Schema = {
    "type": "object",
    "properties": {
        "user": {
            "type": "object",
            "properties": {"original_password": TEXT, "password": TEXT},
            "required": ["original_password", "password"],
            "additionalProperties": False,
        }
    },
    "required": ["user"],
}
LIST = query(enabled=WORDED_FLAG)
