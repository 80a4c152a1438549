"""How routers, their interfaces and floating IPs are shown."""

from __future__ import annotations

from typing import Any

from cupola.network.api.views.common import standard
from cupola.network.logic.router_interfaces import Interface
from cupola.network.model.floating_ip import FloatingIpDetail
from cupola.network.model.router import RouterDetail


def router(detail: RouterDetail) -> dict[str, Any]:
    of, gateway = detail.router, detail.gateway
    return {
        "id": of.id,
        "name": of.name,
        "project_id": of.project_id,
        "admin_state_up": of.admin_state_up,
        "status": of.status,
        "external_gateway_info": gateway
        and {
            "network_id": gateway.network_id,
            "external_fixed_ips": [
                {"subnet_id": each.subnet_id, "ip_address": each.ip_address} for each in gateway.fixed_ips
            ],
            "enable_snat": of.enable_snat,
        },
        "description": of.description,
        "availability_zones": ["nova"] if of.host else [],
        "availability_zone_hints": [],
        "distributed": False,
        "ha": False,
        "routes": list(of.routes),
        "flavor_id": None,
        **standard(of.created_at, of.updated_at, of.generation, detail.tags),
    }


def interface(joined: Interface) -> dict[str, Any]:
    return {
        "id": joined.router_id,
        "project_id": joined.project_id,
        "port_id": joined.port_id,
        "network_id": joined.network_id,
        "subnet_id": next(iter(joined.subnet_ids), None),
        "subnet_ids": list(joined.subnet_ids),
    }


def floating_ip(detail: FloatingIpDetail) -> dict[str, Any]:
    of, port = detail.floating_ip, detail.port
    return {
        "id": of.id,
        "project_id": of.project_id,
        "floating_ip_address": of.floating_ip_address,
        "floating_network_id": of.floating_network_id,
        "router_id": of.router_id,
        "port_id": of.port_id,
        "fixed_ip_address": of.fixed_ip_address,
        "status": of.status,
        "description": of.description,
        "port_details": port
        and {
            "name": port.name,
            "network_id": port.network_id,
            "mac_address": port.mac_address,
            "admin_state_up": port.admin_state_up,
            "status": port.status,
            "device_id": port.device_id,
            "device_owner": port.device_owner,
        },
        **standard(of.created_at, of.updated_at, of.generation - 1, detail.tags),
    }
