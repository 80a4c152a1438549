"""A network: one layer-2 segment, with its subnets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

OVERLAY = "vxlan"
PHYSICAL_MTU = 1500
OVERLAY_MTU = PHYSICAL_MTU - 50
"""A tunnel takes 50 bytes of each packet."""
MTU_MIN = 68
"""What IPv4 needs."""
MTU_MAX = 65_521
"""What a server's tap can have."""
VNI_MAX = 2**24 - 1


@dataclass(frozen=True)
class Network:
    id: str
    generation: int
    project_id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    revision: int
    admin_state_up: bool
    shared: bool
    external: bool
    is_default: bool
    port_security_enabled: bool
    mtu: int
    network_type: str
    physical_network: str | None
    segmentation_id: int | None


@dataclass(frozen=True)
class NetworkDetail:
    """A network with what is shown of it."""

    network: Network
    subnet_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    has_dhcp: bool = False
