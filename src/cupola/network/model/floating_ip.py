"""A floating IP: an address of an external network that leads to a port of the project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cupola.network.model.port import Port


@dataclass(frozen=True)
class FloatingIp:
    id: str
    generation: int
    project_id: str
    description: str
    floating_network_id: str
    floating_ip_address: str
    floating_port_id: str
    port_id: str | None
    fixed_ip_address: str | None
    router_id: str | None
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class FloatingIpDetail:
    floating_ip: FloatingIp
    port: Port | None = None
    tags: tuple[str, ...] = ()
