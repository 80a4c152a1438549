"""What comes in with groups."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import ID, NAME, TEXT_OR_NULL, Schema, wrapped

_GROUP: dict[str, Schema] = {"name": NAME, "domain_id": ID, "description": TEXT_OR_NULL}
CREATE = wrapped("group", _GROUP, ("name",))
UPDATE = wrapped("group", _GROUP)
