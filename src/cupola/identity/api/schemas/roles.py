"""What comes in with roles."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import ID_OR_NULL, IMMUTABLE, NAME, TEXT_OR_NULL, Schema, wrapped

_ROLE: dict[str, Schema] = {
    "name": NAME,
    "domain_id": ID_OR_NULL,
    "description": TEXT_OR_NULL,
    "options": IMMUTABLE,
}
CREATE = wrapped("role", _ROLE, ("name",))
UPDATE = wrapped("role", _ROLE)
