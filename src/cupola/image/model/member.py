"""A member of a shared image: a project that may use it, and whether it wants it in its lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

STATUSES = ("pending", "accepted", "rejected")


@dataclass(frozen=True)
class Member:
    """One project with which an image is shared; only `accepted` shows the image in that project's lists."""

    image_id: str
    member_id: str
    created_at: datetime
    updated_at: datetime
    status: str = "pending"
