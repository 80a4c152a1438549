"""Host aggregates: named sets of hosts; one with the metadata `availability_zone` is a zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

ZONE = "availability_zone"


@dataclass(frozen=True)
class Aggregate:
    id: int
    uuid: str
    name: str
    metadata: Mapping[str, str]
    created_at: datetime
    updated_at: datetime | None

    @property
    def zone(self) -> str | None:
        return self.metadata.get(ZONE)
