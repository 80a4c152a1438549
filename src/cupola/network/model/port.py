"""A port: where something is plugged into a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DHCP = "network:dhcp"
ROUTER_INTERFACE = "network:router_interface"
ROUTER_GATEWAY = "network:router_gateway"
FLOATING_IP = "network:floatingip"
ROUTER_INTERFACES = {ROUTER_INTERFACE, "network:ha_router_replicated_interface", "network:router_interface_distributed"}
COMPUTE = "compute:"
"""What the owner of a server's port begins with; the zone follows."""

ACTIVE, DOWN, NOT_APPLICABLE = "ACTIVE", "DOWN", "N/A"


class _Owned:
    """What follows from who owns a port."""

    id: str
    device_owner: str

    @property
    def tap(self) -> str:
        """The name of its device on the host."""
        return f"tap{self.id[:11]}"

    @property
    def of_server(self) -> bool:
        return self.device_owner.startswith(COMPUTE)

    @property
    def of_network(self) -> bool:
        """Whether the network service made it for itself."""
        return self.device_owner.startswith("network:")


@dataclass(frozen=True)
class Port(_Owned):
    id: str
    generation: int
    project_id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    network_id: str
    mac_address: str
    admin_state_up: bool
    status: str
    device_id: str
    device_owner: str
    device_index: int
    plugged: bool
    """Whether the cloud itself gave it to its device. Else `device_id` is only what its owner says, who may write the
    id of any server or router there: nothing follows from it."""
    made_for: str | None
    host: str | None
    vnic_type: str
    profile: Mapping[str, Any]
    port_security_enabled: bool
    allowed_address_pairs: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class BoundPort(_Owned):
    """As much of a port that is bound to a host as hosts are told of it: there are many, and they are read often."""

    id: str
    network_id: str
    host: str
    mac_address: str
    admin_state_up: bool
    device_id: str
    device_owner: str
    port_security_enabled: bool
    allowed_address_pairs: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class FixedIp:
    """An address of a port, from one subnet."""

    subnet_id: str
    ip_address: str


@dataclass(frozen=True)
class PortDetail:
    """A port with what is shown of it. `network_project_id` and `network_shared` are for policy."""

    port: Port
    fixed_ips: tuple[FixedIp, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    network_project_id: str = ""
    network_shared: bool = False
