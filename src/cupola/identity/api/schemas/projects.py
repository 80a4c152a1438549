"""What comes in with projects and their tags."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import (
    ID_OR_NULL,
    IMMUTABLE,
    SHORT_NAME,
    TAGS,
    TEXT_OR_NULL,
    WORDED_FLAG,
    Schema,
    query,
    wrapped,
)

_PROJECT: dict[str, Schema] = {
    "name": SHORT_NAME,
    "description": TEXT_OR_NULL,
    "domain_id": ID_OR_NULL,
    "parent_id": ID_OR_NULL,
    "enabled": WORDED_FLAG,
    "is_domain": WORDED_FLAG,
    "tags": TAGS,
    "options": IMMUTABLE,
}
CREATE = wrapped("project", _PROJECT, ("name",))
UPDATE = wrapped("project", _PROJECT)
TAGS_OF: Schema = {
    "type": "object",
    "properties": {"tags": TAGS},
    "required": ["tags"],
    "additionalProperties": False,
}
LIST = query(enabled=WORDED_FLAG, is_domain=WORDED_FLAG)
