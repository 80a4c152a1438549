"""What comes in for traits, aggregates and resource classes."""

from __future__ import annotations

from cupola.placement.api.schemas.common import CUSTOM_NAME, ID, TEXT, UUID, Schema, body

_GENERATION: Schema = {"type": "integer"}
_AGGREGATES: Schema = {"type": "array", "items": UUID, "uniqueItems": True}

SET_TRAITS = body(
    {"traits": {"type": "array", "items": ID}, "resource_provider_generation": _GENERATION},
    "traits",
    "resource_provider_generation",
)
LIST_TRAITS = body({"name": TEXT, "associated": TEXT})
SET_AGGREGATES = {
    "1.1": _AGGREGATES,
    "1.19": body(
        {"aggregates": _AGGREGATES, "resource_provider_generation": _GENERATION},
        "aggregates",
        "resource_provider_generation",
    ),
}
RESOURCE_CLASS = body({"name": {"type": "string", "pattern": CUSTOM_NAME, "maxLength": 255}}, "name")
