"""What an image looks like, as clients are told and as bodies are checked."""

from __future__ import annotations

from typing import Any

from cupola.image.model.image import CONTAINER_FORMATS, DISK_FORMATS, VISIBILITIES

UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
STATUSES = [
    "queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated",
]  # fmt: skip


def _text(description: str, longest: int | None = None, nullable: bool = True, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": ["null", "string"] if nullable else "string", **more, "description": description}
    return made | ({"maxLength": longest} if longest else {})


def _told(kind: Any, description: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "readOnly": True, "description": description, **more}


_LOCATION = {
    "type": "object",
    "properties": {
        "url": {"type": "string", "maxLength": 255},
        "metadata": {"type": "object"},
        "validation_data": {
            "description": "Digests of the bytes; of an image that is not 'queued' they must be those it has.",
            "type": "object",
            "writeOnly": True,
            "additionalProperties": False,
            "properties": {
                "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
                "os_hash_algo": {"type": "string", "maxLength": 64},
                "os_hash_value": {"type": "string", "maxLength": 128},
            },
            "required": ["os_hash_algo", "os_hash_value"],
        },
    },
    "required": ["url", "metadata"],
}

PROPERTIES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "description": "An identifier for the image", "pattern": UUID},
    "name": _text("Descriptive name for the image", 255),
    "status": _told("string", "Status of the image", enum=STATUSES),
    "visibility": {"type": "string", "description": "Who sees the image", "enum": list(VISIBILITIES)},
    "protected": {"type": "boolean", "description": "If true, the image cannot be deleted."},
    "os_hidden": {"type": "boolean", "description": "If true, lists show the image only when asked for hidden ones."},
    "checksum": _text("MD5 digest of the bytes.", 32, readOnly=True),
    "os_hash_algo": _text("Algorithm of os_hash_value", 64, readOnly=True),
    "os_hash_value": _text("Digest of the bytes, in hexadecimal digits", 128, readOnly=True),
    "owner": _text("Project that owns the image", 255),
    "size": _told(["null", "integer"], "Bytes of the image's file"),
    "virtual_size": _told(["null", "integer"], "Bytes of the disk that a server sees"),
    "container_format": {
        "type": ["null", "string"],
        "description": "Format of the container",
        "enum": [None, *CONTAINER_FORMATS],
    },
    "disk_format": {"type": ["null", "string"], "description": "Format of the disk", "enum": [None, *DISK_FORMATS]},
    "created_at": _told("string", "When the image was made"),
    "updated_at": _told("string", "When the image was changed last"),
    "tags": {
        "type": "array",
        "description": "Words attached to the image",
        "items": {"type": "string", "maxLength": 255},
    },
    "direct_url": _told("string", "Where the store keeps the bytes"),
    "min_ram": {"type": "integer", "description": "MiB of memory that a server needs to boot the image."},
    "min_disk": {"type": "integer", "description": "GiB of disk that a server needs to boot the image."},
    "self": _told("string", "Path of the image"),
    "file": _told("string", "Path of the image's bytes"),
    "stores": _told("string", "Stores that have the bytes, separated by commas"),
    "schema": _told("string", "Path of this schema"),
    "locations": {"type": "array", "items": _LOCATION, "description": "Where stores keep the bytes"},
}

IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}

BODY: dict[str, Any] = {"type": "object", "properties": PROPERTIES, "additionalProperties": {"type": "string"}}
"""What a body is checked against: the schema without what is for people."""
