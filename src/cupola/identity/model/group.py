"""A group of users: a role given to it is held by each of its members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Group:
    id: str
    domain_id: str
    name: str
    description: str | None = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
