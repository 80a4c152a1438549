"""A router: joins networks of a project, and these to the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cupola.network.model.port import FixedIp


@dataclass(frozen=True)
class Router:
    id: str
    generation: int
    project_id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    admin_state_up: bool
    status: str
    enable_snat: bool
    gateway_port_id: str | None
    routes: Sequence[Mapping[str, str]]
    host: str | None


@dataclass(frozen=True)
class Gateway:
    """A router's place in an external network."""

    port_id: str
    network_id: str
    fixed_ips: tuple[FixedIp, ...]


@dataclass(frozen=True)
class RouterDetail:
    router: Router
    gateway: Gateway | None = None
    tags: tuple[str, ...] = ()
