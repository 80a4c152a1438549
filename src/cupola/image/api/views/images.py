"""Images as the API shows them."""

from __future__ import annotations

from typing import Any

from cupola.base.clock import iso
from cupola.image.logic.images import Described

STORE = "fs"
"""The one store: a directory."""

IMPORT_METHODS = ("glance-direct",)

_FIELDS = (
    "name", "disk_format", "container_format", "visibility", "size", "virtual_size", "status", "checksum", "protected",
    "min_ram", "min_disk", "owner", "os_hidden", "os_hash_algo", "os_hash_value", "id",
)  # fmt: skip
_OF_BYTES = ("checksum", "os_hash_algo", "os_hash_value", "virtual_size")


def image(described: Described) -> dict[str, Any]:
    """Users' own properties stand beside the fields; digests are shown when the bytes are there for good."""
    row, path = described.image, f"/v2/images/{described.image.id}"
    shown: dict[str, Any] = {**described.labels.properties}
    shown |= {name: getattr(row, name) for name in _FIELDS}
    if not row.has_bytes:
        shown |= dict.fromkeys(_OF_BYTES)
    shown |= {
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "tags": list(described.labels.tags),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }
    return shown | ({"stores": STORE} if row.has_bytes else {})
