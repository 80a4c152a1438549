"""The catalog: regions, services and where they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INTERFACES = ("public", "internal", "admin")


@dataclass(frozen=True)
class Region:
    id: str
    description: str | None = ""
    parent_region_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1


@dataclass(frozen=True)
class CatalogService:
    id: str
    type: str
    name: str | None = None
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1


@dataclass(frozen=True)
class Endpoint:
    id: str
    service_id: str
    region_id: str | None
    interface: str
    url: str
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
