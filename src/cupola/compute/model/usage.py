"""What servers used in a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cupola.compute.model.server import Server


@dataclass(frozen=True)
class Period:
    start: datetime
    stop: datetime

    def hours(self, server: Server) -> float:
        """How long a server was there within the period."""
        began = max(server.launched_at or self.stop, self.start)
        ended = min(server.deleted_at or self.stop, self.stop)
        return max((ended - began).total_seconds(), 0.0) / 3600


@dataclass(frozen=True)
class ServerUsage:
    """A server and the hours it was there."""

    server: Server
    hours: float

    @property
    def local_gb(self) -> int:
        return int(self.server.flavor["disk"] + self.server.flavor["ephemeral"])

    @property
    def memory_mb(self) -> int:
        return int(self.server.flavor["ram"])

    @property
    def vcpus(self) -> int:
        return int(self.server.flavor["vcpus"])


@dataclass(frozen=True)
class ProjectUsage:
    """What the servers of a project used."""

    project_id: str
    servers: Sequence[ServerUsage]

    @property
    def hours(self) -> float:
        return sum(one.hours for one in self.servers)

    @property
    def gb_hours(self) -> float:
        return sum(one.local_gb * one.hours for one in self.servers)

    @property
    def mb_hours(self) -> float:
        return sum(one.memory_mb * one.hours for one in self.servers)

    @property
    def vcpu_hours(self) -> float:
        return sum(one.vcpus * one.hours for one in self.servers)
