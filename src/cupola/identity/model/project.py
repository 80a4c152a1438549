"""A project: what owns servers, networks and the like. Its parent is another project, or its domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Project:
    id: str
    domain_id: str
    parent_id: str
    name: str
    description: str | None = ""
    enabled: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
