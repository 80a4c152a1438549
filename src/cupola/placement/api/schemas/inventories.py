"""What comes in for inventories."""

from __future__ import annotations

from cupola.placement.api.schemas.common import MOST, NAME, Schema, body, mapping

_FROM_ONE: Schema = {"type": "integer", "minimum": 1, "maximum": MOST}
_INVENTORY: dict[str, Schema] = {
    "resource_provider_generation": {"type": "integer"},
    "total": _FROM_ONE,
    "reserved": {"type": "integer", "minimum": 0, "maximum": MOST},
    "min_unit": _FROM_ONE,
    "max_unit": _FROM_ONE,
    "step_size": _FROM_ONE,
    "allocation_ratio": {"type": "number", "minimum": 0, "maximum": 3.40282e38},
}

UPDATE = body(_INVENTORY, "total", "resource_provider_generation")
CREATE = body(_INVENTORY | {"resource_class": {"type": "string", "pattern": NAME}}, "resource_class", "total")
SET = body(
    {"resource_provider_generation": {"type": "integer"}, "inventories": mapping(NAME, body(_INVENTORY, "total"))},
    "resource_provider_generation",
    "inventories",
)
