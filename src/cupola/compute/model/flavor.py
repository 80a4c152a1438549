"""Flavors: the sizes that servers come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Flavor:
    """A size of server: memory in MB, disks in GB, swap in MB. `id` is what the API calls its id: any name."""

    id: str
    name: str
    memory_mb: int
    vcpus: int
    root_gb: int
    ephemeral_gb: int
    swap: int
    rxtx_factor: float
    is_public: bool
    description: str | None
    extra_specs: Mapping[str, str]
    generation: int
    created_at: datetime
    updated_at: datetime | None

    def resources(self) -> dict[str, int]:
        """What a server of this size takes of a host, by resource class; extra specs `resources:…` override."""
        disk = self.root_gb + self.ephemeral_gb + -(-self.swap // 1024)
        named = {"VCPU": self.vcpus, "MEMORY_MB": self.memory_mb, "DISK_GB": disk}
        for name, value in self.extra_specs.items():
            prefix, _, resource_class = name.partition(":")
            if prefix == "resources":
                named[resource_class] = int(value)
        return {name: amount for name, amount in named.items() if amount}

    def required_traits(self) -> frozenset[str]:
        """The traits a host must have (extra specs `trait:…=required`)."""
        return frozenset(
            name.partition(":")[2]
            for name, value in self.extra_specs.items()
            if name.startswith("trait:") and value == "required"
        )

    def copied(self) -> dict[str, Any]:
        """What a server keeps of it, whatever becomes of the flavor."""
        return {
            "id": self.id,
            "name": self.name,
            "ram": self.memory_mb,
            "vcpus": self.vcpus,
            "disk": self.root_gb,
            "ephemeral": self.ephemeral_gb,
            "swap": self.swap,
            "extra_specs": dict(self.extra_specs),
        }


@dataclass(frozen=True)
class FlavorFilter:
    """Which flavors are listed: `is_public` None is all; `project_id` sees private ones it was given."""

    is_public: bool | None = True
    project_id: str | None = None
    min_ram: int | None = None
    min_disk: int | None = None
    name: str | None = None


FIRST = (
    ("1", "m1.tiny", 128, 1, 1),
    ("2", "m1.small", 256, 1, 2),
    ("3", "m1.medium", 1024, 2, 10),
    ("4", "m1.large", 4096, 4, 20),
)
"""What a new cloud starts with: id, name, memory, processors, disk; the smallest fits the shipped guest image."""
