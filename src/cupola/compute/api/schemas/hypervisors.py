"""What comes in for hypervisors."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import BOOLEAN_TEXT, COUNT_TEXT, HOST, PAGING, query

_ONE_COUNT = {**COUNT_TEXT, "maxItems": 1}
_ONE_TEXT = {"type": "array", "items": {"type": "string"}, "maxItems": 1}

LIST = {
    "2.1": query({}, strict=False),
    "2.33": query(PAGING, strict=False),
    "2.53": query(
        {
            "limit": _ONE_COUNT,
            "marker": _ONE_TEXT,
            "hypervisor_hostname_pattern": {"type": "array", "items": HOST, "maxItems": 1},
            "with_servers": BOOLEAN_TEXT,
        },
        strict=True,
    ),
}
SHOW = {"2.1": query({}, strict=False), "2.53": query({"with_servers": BOOLEAN_TEXT}, strict=True)}
