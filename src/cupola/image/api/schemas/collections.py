"""Schemas of lists, and of members."""

from __future__ import annotations

from typing import Any

from cupola.image.api.schemas.image import IMAGE, UUID

_DESCRIBED = {"rel": "describedby", "href": "{schema}"}

IMAGES: dict[str, Any] = {
    "name": "images",
    "properties": {
        "images": {"type": "array", "items": IMAGE},
        "first": {"type": "string"},
        "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"}, _DESCRIBED],
}

MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "member_id": {"type": "string", "description": "Project with which the image is shared"},
        "image_id": {"type": "string", "description": "An identifier for the image", "pattern": UUID},
        "created_at": {"type": "string", "description": "When the image was shared"},
        "updated_at": {"type": "string", "description": "When the project answered last"},
        "status": {
            "type": "string",
            "description": "What the project answered",
            "enum": ["pending", "accepted", "rejected"],
        },
        "schema": {"readOnly": True, "type": "string"},
    },
}

MEMBERS: dict[str, Any] = {
    "name": "members",
    "properties": {"members": {"type": "array", "items": MEMBER}, "schema": {"type": "string"}},
    "links": [_DESCRIBED],
}
