"""What comes in with regions, services and endpoints."""

from __future__ import annotations

from cupola.identity.api.schemas.fields import FLAG, TEXT, TEXT_OR_NULL, Schema, wrapped
from cupola.identity.model.catalog import INTERFACES

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_REGION: dict[str, Schema] = {
    "id": {"type": ["string", "null"], "maxLength": 255},
    "description": {"type": ["string", "null"], "maxLength": 255},
    "parent_region_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
}
_SERVICE: dict[str, Schema] = {"type": _NAME, "name": _NAME, "enabled": FLAG}
_ENDPOINT: dict[str, Schema] = {
    "service_id": TEXT,
    "region_id": TEXT_OR_NULL,
    "region": {"type": ["string", "null"], "maxLength": 255},
    "interface": {"type": "string", "enum": sorted(INTERFACES)},
    "url": {"type": "string", "pattern": "^[a-zA-Z0-9+.-]+:.+"},
    "enabled": FLAG,
}
CREATE_REGION = wrapped("region", _REGION)
CREATE_SERVICE = wrapped("service", _SERVICE, ("type",))
UPDATE_SERVICE = wrapped("service", _SERVICE)
CREATE_ENDPOINT = wrapped("endpoint", _ENDPOINT, ("interface", "service_id", "url"))
UPDATE_ENDPOINT = wrapped("endpoint", _ENDPOINT)
LIST_REGIONS: Schema = {
    "type": "object",
    "properties": {"parent_region_id": {"type": "array", "items": TEXT}},
    "additionalProperties": False,
}
