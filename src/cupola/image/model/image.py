"""An image: a row of facts, its labels (tags and the user's own properties), and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

VISIBILITIES = ("community", "public", "private", "shared")
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso")
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
FOR_ALL = ("public", "community")


@dataclass(frozen=True)
class Labels:
    """What users attach to an image."""

    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """The facts of an image; the columns of its row.

    `owner` is a project; sizes are in bytes, `min_disk` in GiB, `min_ram` in MiB. `upload_id` names the bytes that
    are coming in or are there; `upload_deadline` is when an upload under way counts as dead.
    """

    id: str
    owner: str | None
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    status: str = "queued"
    visibility: str = "shared"
    disk_format: str | None = None
    container_format: str | None = None
    size: int | None = None
    virtual_size: int | None = None
    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    os_hidden: bool = False
    upload_id: str | None = None
    upload_deadline: datetime | None = None
    generation: int = 1

    @property
    def is_staged(self) -> bool:
        """Whether all its bytes wait to be imported."""
        return self.status == "uploading" and self.upload_deadline is None

    @property
    def has_bytes(self) -> bool:
        return self.status in ("active", "deactivated")

    def target(self, member_id: str | None = None) -> dict[str, Any]:
        """What policy rules see of it; `member_id` is the caller's project if the image is shared with it."""
        return {
            "id": self.id,
            "project_id": self.owner,
            "owner": self.owner,
            "visibility": self.visibility,
            "status": self.status,
            "member_id": member_id,
        }

    def visible_to(self, project_id: str | None, members: frozenset[str] | set[str]) -> bool:
        """Whether a project may see it; `members` are the projects with which it is shared."""
        if self.owner is None or self.visibility in FOR_ALL:
            return True
        if project_id is None:
            return False
        return project_id == self.owner or (self.visibility == "shared" and project_id in members)
