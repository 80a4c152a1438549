"""Resource providers: what offers inventory, alone or as a part of another (a tree)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Provider:
    """A resource provider. Its generation moves with every change of what it offers or has given away."""

    id: str
    name: str
    root_id: str
    parent_id: str | None
    generation: int
    created_at: datetime
    updated_at: datetime
