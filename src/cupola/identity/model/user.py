"""A user of the cloud: a person or a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class User:
    id: str
    domain_id: str
    name: str
    enabled: bool = True
    default_project_id: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
