"""A domain: a namespace of users, groups and projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Domain:
    id: str
    name: str
    description: str | None = ""
    enabled: bool = True
    tags: tuple[str, ...] | list[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
