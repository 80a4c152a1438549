"""How a network is shown."""

from __future__ import annotations

from typing import Any

from cupola.network.api.views.common import standard
from cupola.network.model.network import NetworkDetail


def network(detail: NetworkDetail) -> dict[str, Any]:
    of = detail.network
    return {
        "id": of.id,
        "name": of.name,
        "project_id": of.project_id,
        "admin_state_up": of.admin_state_up,
        "mtu": of.mtu,
        "status": "ACTIVE",
        "subnets": list(detail.subnet_ids),
        "shared": of.shared,
        "availability_zone_hints": [],
        "availability_zones": ["nova"] if detail.has_dhcp else [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "router:external": of.external,
        "vlan_transparent": False,
        "qinq": False,
        **({"is_default": of.is_default} if of.external else {}),
        "description": of.description,
        "port_security_enabled": of.port_security_enabled,
        "provider:network_type": of.network_type,
        "provider:physical_network": of.physical_network,
        "provider:segmentation_id": of.segmentation_id,
        **standard(of.created_at, of.updated_at, of.revision, detail.tags),
    }
