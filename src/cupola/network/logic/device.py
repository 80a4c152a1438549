"""What has a port: a router, a floating IP, DHCP, or what its owner says has it."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.network.errors import DeviceIDNotOwnedByTenant
from cupola.network.model.port import DHCP, FLOATING_IP, ROUTER_GATEWAY, ROUTER_INTERFACES, Port
from cupola.network.store import floating_ips, routers


def check_device(tx: Transaction, ctx: Context, project_id: str, device_owner: str, device_id: str) -> None:
    """A project names no router of another one as the device of its port. Raises DeviceIDNotOwnedByTenant."""
    if device_owner in ROUTER_INTERFACES and not ctx.may("context_is_admin", {}):
        router = routers.by_id(tx, device_id)
        if router is not None and router.project_id != project_id:
            raise DeviceIDNotOwnedByTenant(device_id)


def in_service(tx: Transaction, port: Port) -> bool:
    """Whether a router, a floating IP or DHCP has the port: they give it back themselves."""
    if port.device_owner == FLOATING_IP:
        return floating_ips.by_id(tx, port.device_id) is not None
    if port.device_owner in {ROUTER_GATEWAY, *ROUTER_INTERFACES}:
        return routers.by_id(tx, port.device_id) is not None
    return port.device_owner == DHCP and port.host is not None
