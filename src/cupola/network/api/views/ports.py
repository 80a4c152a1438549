"""How a port is shown."""

from __future__ import annotations

from typing import Any

from cupola.network.api.views.common import standard
from cupola.network.model.port import Port, PortDetail


def port(detail: PortDetail) -> dict[str, Any]:
    of = detail.port
    return {
        "id": of.id,
        "name": of.name,
        "network_id": of.network_id,
        "project_id": of.project_id,
        "mac_address": of.mac_address,
        "admin_state_up": of.admin_state_up,
        "status": of.status,
        "device_id": of.device_id,
        "device_owner": of.device_owner,
        "fixed_ips": [{"subnet_id": each.subnet_id, "ip_address": each.ip_address} for each in detail.fixed_ips],
        "allowed_address_pairs": [{"mac_address": of.mac_address} | dict(pair) for pair in of.allowed_address_pairs],
        "extra_dhcp_opts": [],
        "security_groups": list(detail.security_group_ids),
        "description": of.description,
        "binding:vnic_type": of.vnic_type,
        "binding:profile": dict(of.profile),
        "binding:host_id": of.host or "",
        **_plugged(of),
        "port_security_enabled": of.port_security_enabled,
        **standard(of.created_at, of.updated_at, of.generation, detail.tags),
    }


def _plugged(of: Port) -> dict[str, Any]:
    if of.host is None:
        return {"binding:vif_type": "unbound", "binding:vif_details": {}}
    bridge = f"brq{of.network_id[:11]}"
    return {
        "binding:vif_type": "bridge",
        "binding:vif_details": {"port_filter": True, "connectivity": "l2", "bridge_name": bridge},
    }
