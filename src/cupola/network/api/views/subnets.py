"""How a subnet is shown."""

from __future__ import annotations

from typing import Any

from cupola.network.api.views.common import standard
from cupola.network.model.subnet import SubnetDetail


def subnet(detail: SubnetDetail) -> dict[str, Any]:
    of = detail.subnet
    return {
        "id": of.id,
        "name": of.name,
        "project_id": of.project_id,
        "network_id": of.network_id,
        "ip_version": of.ip_version,
        "subnetpool_id": None,
        "enable_dhcp": of.enable_dhcp,
        "ipv6_ra_mode": of.ipv6_ra_mode,
        "ipv6_address_mode": of.ipv6_address_mode,
        "gateway_ip": of.gateway_ip,
        "cidr": of.cidr,
        "allocation_pools": list(of.allocation_pools),
        "host_routes": list(of.host_routes),
        "dns_nameservers": list(of.dns_nameservers),
        "description": of.description,
        "router:external": detail.external,
        "service_types": [],
        **standard(of.created_at, of.updated_at, of.generation - 1, detail.tags),
    }
