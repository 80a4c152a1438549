"""What comes in with domains."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import (
    ID,
    IMMUTABLE,
    SHORT_NAME,
    TAGS,
    TEXT_OR_NULL,
    WORDED_FLAG,
    Schema,
    query,
    wrapped,
)

_DOMAIN: dict[str, Schema] = {
    "name": SHORT_NAME,
    "description": TEXT_OR_NULL,
    "enabled": WORDED_FLAG,
    "explicit_domain_id": ID,
    "tags": TAGS,
    "options": IMMUTABLE,
}
CREATE = wrapped("domain", _DOMAIN, ("name",))
UPDATE = wrapped("domain", _DOMAIN)
LIST = query(enabled=WORDED_FLAG)
