"""Interfaces of routers: joining subnets to a router, and parting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.base.ids import is_uuid
from cupola.network.errors import (
    BadRequest,
    DeviceIDNotOwnedByTenant,
    PortInUse,
    RouterInterfaceInUseByFloatingIP,
    RouterInterfaceInUseByRoute,
    RouterInterfaceNotFound,
    RouterInterfaceNotFoundForSubnet,
    SubnetNotFound,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import deletion, routers
from cupola.network.logic import ports as port_logic
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.plugging import add_port
from cupola.network.logic.scope import of_subnet
from cupola.network.model.port import ROUTER_INTERFACE, FixedIp, Port
from cupola.network.model.router import Router
from cupola.network.model.subnet import Subnet
from cupola.network.store import floating_ips, networks, ports, subnets, tables
from cupola.network.store import routers as store


@dataclass(frozen=True)
class Interface:
    """What is answered of an interface that was joined or parted."""

    router_id: str
    project_id: str
    port_id: str
    network_id: str
    subnet_ids: tuple[str, ...]


def add(ctx: Context, router_id: str, wanted: Mapping[str, Any]) -> Interface:
    """Join a subnet ({"subnet_id"}: at its gateway's address) or a port ({"port_id"}).

    Raises RouterNotFound, SubnetNotFound, PortNotFound, PortInUse, DeviceIDNotOwnedByTenant, BadRequest,
    IpAddressAlreadyAllocated, OverQuota.
    """

    def write(tx: Transaction) -> Interface:
        router = routers.seen(tx, ctx, router_id, "add_router_interface")
        subnet_id, port_id = _one_of(wanted)
        if port_id is not None:
            return _claim(tx, ctx, router, port_id)
        subnet = _seen(tx, ctx, str(subnet_id))
        quota.take(tx, LIMITS_OF, router.project_id, network__port=1)
        return join_in(tx, ctx, router, subnet)

    return ctx.transact("router.add_interface", write)


def _one_of(wanted: Mapping[str, Any]) -> tuple[str | None, str | None]:
    subnet_id, port_id = _named(wanted)
    if subnet_id and port_id:
        raise BadRequest("router", "Cannot specify both subnet-id and port-id.")
    return subnet_id, port_id


def _named(wanted: Mapping[str, Any]) -> tuple[str | None, str | None]:
    subnet_id, port_id = wanted.get("subnet_id") or None, wanted.get("port_id") or None
    if subnet_id is None and port_id is None:
        raise BadRequest("router", "Either subnet_id or port_id must be specified.")
    for name, value in (("subnet_id", subnet_id), ("port_id", port_id)):
        if value is not None and not (isinstance(value, str) and is_uuid(value)):
            raise BadRequest("router", f"{name}: '{value}' is not a valid UUID")
    return subnet_id, port_id


def _seen(tx: Transaction, ctx: Context, subnet_id: str) -> Subnet:
    """The subnet, if its gateway's address is the caller's to take: shared and external ones are seen by anybody."""
    subnet = subnets.by_id(tx, subnet_id)
    if subnet is None or not ctx.may("get_subnet", of_subnet(subnets.details(tx, [subnet])[0])):
        raise SubnetNotFound(subnet_id)
    if not _own(ctx, subnet.project_id):
        raise BadRequest(
            "router",
            f"Cannot add interface to router because subnet {subnet_id} is not owned by project making the request",
        )
    return subnet


def _own(ctx: Context, project_id: str) -> bool:
    return ctx.project_id == project_id or ctx.may("context_is_admin", {})


def join_in(tx: Transaction, ctx: Context, router: Router, subnet: Subnet) -> Interface:
    """Join a subnet at its gateway's address, without asking policy or quota."""
    if subnet.gateway_ip is None:
        raise BadRequest("router", "Subnet for router interface must have a gateway IP.")
    _require_apart(tx, router, [subnet])
    network = networks.by_ids(tx, [subnet.network_id])[subnet.network_id]
    detail = add_port(
        tx,
        ctx,
        network,
        subnets.of_network(tx, network.id),
        router.project_id,
        [{"subnet_id": subnet.id, "ip_address": subnet.gateway_ip}],
        device_id=router.id,
        device_owner=ROUTER_INTERFACE,
        plugged=True,
        host=router.host,
        port_security_enabled=False,
    )
    return _told(tx, ctx, router, detail.port, detail.fixed_ips)


def _claim(tx: Transaction, ctx: Context, router: Router, port_id: str) -> Interface:
    detail = port_logic.seen(tx, ctx, port_id)
    port = detail.port
    if port.device_id:
        raise PortInUse(port.id, port.network_id, port.device_id)
    if not _own(ctx, port.project_id):  # a network's owner sees others'
        raise DeviceIDNotOwnedByTenant(router.id)
    if not detail.fixed_ips:
        raise BadRequest("router", "A port that is to be a router's interface needs an address.")
    of_port = subnets.by_ids(tx, {fixed.subnet_id for fixed in detail.fixed_ips})
    _require_given(ctx, port, of_port, detail.fixed_ips)
    _require_apart(tx, router, list(of_port.values()))
    ports.unbind_groups(tx, [port.id])
    claimed = rows.update(
        tx,
        tables.ports,
        port,
        device_id=router.id,
        device_owner=ROUTER_INTERFACE,
        plugged=True,
        host=router.host,
        port_security_enabled=False,
        allowed_address_pairs=[],
        updated_at=tx.now,
    )
    if port.host is not None:  # it was bound before it was anybody's
        networks_changed(tx, ctx, (), detail.security_group_ids, {(port.network_id, port.host)})
    return _told(tx, ctx, router, claimed, detail.fixed_ips)


def _require_given(ctx: Context, port: Port, of_port: Mapping[str, Subnet], fixed_ips: Sequence[FixedIp]) -> None:
    """Raises BadRequest for an address in a subnet of others that does not come from its pools: such as its gateway."""
    for fixed in fixed_ips:
        subnet, number = of_port[fixed.subnet_id], int(ip_address(fixed.ip_address))
        if not _own(ctx, subnet.project_id) and not any(first <= number <= last for first, last in subnet.pools()):
            raise BadRequest(
                "router",
                f"Cannot add interface to router because specified port {port.id} has an IP address out of the "
                f"allocation pool of subnet {subnet.id}, which is not owned by the project making the request",
            )


def _require_apart(tx: Transaction, router: Router, wanted: list[Subnet]) -> None:
    """Raises BadRequest when a subnet is joined already, or overlaps one that is."""
    addresses = ports.fixed_ips_of(tx, [port.id for port in ports.of_devices(tx, [router.id])])
    joined = subnets.by_ids(tx, {fixed.subnet_id for of_port in addresses.values() for fixed in of_port})
    for subnet in wanted:
        if subnet.id in joined:
            raise BadRequest("router", f"Router already has a port on subnet {subnet.id}.")
        for other in joined.values():
            if other.ip_version == subnet.ip_version and other.block.overlaps(subnet.block):
                raise BadRequest(
                    "router",
                    f"Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr {other.cidr} of subnet {other.id}.",
                )


def _told(tx: Transaction, ctx: Context, router: Router, port: Port, fixed_ips: tuple[FixedIp, ...]) -> Interface:
    _require_unchanged(tx, router)
    if router.host is not None:
        networks_changed(tx, ctx, [port.network_id], except_host=router.host)
    routers_changed(tx, ctx, [router.id])
    return _interface(router, port, fixed_ips)


def _require_unchanged(tx: Transaction, router: Router) -> None:
    """Raises StaleWrite when the router got another interface or route meanwhile, or is gone: look again."""
    rows.update(tx, tables.routers, router, updated_at=tx.now)


def _interface(router: Router, port: Port, fixed_ips: tuple[FixedIp, ...]) -> Interface:
    return Interface(
        router.id, router.project_id, port.id, port.network_id, tuple(fixed.subnet_id for fixed in fixed_ips)
    )


def remove(ctx: Context, router_id: str, wanted: Mapping[str, Any]) -> Interface:
    """Part a subnet or a port from the router; the port goes.

    Raises RouterNotFound, SubnetNotFound, RouterInterfaceNotFound, RouterInterfaceNotFoundForSubnet,
    RouterInterfaceInUseByFloatingIP, RouterInterfaceInUseByRoute, BadRequest.
    """

    def write(tx: Transaction) -> Interface:
        router = routers.seen(tx, ctx, router_id, "remove_router_interface")
        subnet_id, port_id = _named(wanted)
        port = _find(tx, router, subnet_id, port_id)
        fixed_ips = ports.fixed_ips_of(tx, [port.id]).get(port.id, ())
        _require_unused(tx, router, fixed_ips)
        deletion.give_ports_back(tx, [port])
        _require_unchanged(tx, router)
        deletion.ports_in(tx, ctx, [port])
        routers_changed(tx, ctx, [router.id])
        return _interface(router, port, fixed_ips)

    return ctx.transact("router.remove_interface", write)


def _find(tx: Transaction, router: Router, subnet_id: str | None, port_id: str | None) -> Port:
    found = store.interfaces(tx, [router.id])
    if port_id:
        port = next((each for each in found if each.id == port_id), None)
        if port is None:
            raise RouterInterfaceNotFound(router.id, port_id)
        return port
    if subnets.by_id(tx, str(subnet_id)) is None:
        raise SubnetNotFound(str(subnet_id))
    addresses = ports.fixed_ips_of(tx, [port.id for port in found])
    for port in found:
        if any(fixed.subnet_id == subnet_id for fixed in addresses.get(port.id, ())):
            return port
    raise RouterInterfaceNotFoundForSubnet(router.id, str(subnet_id))


def _require_unused(tx: Transaction, router: Router, fixed_ips: tuple[FixedIp, ...]) -> None:
    of_interface = subnets.by_ids(tx, {fixed.subnet_id for fixed in fixed_ips}).values()
    for subnet in of_interface:
        for floating in floating_ips.of_routers(tx, [router.id]):
            if floating.fixed_ip_address and ip_address(floating.fixed_ip_address) in subnet.block:
                raise RouterInterfaceInUseByFloatingIP(router.id, subnet.id)
        if any(ip_address(route["nexthop"]) in subnet.block for route in router.routes):
            raise RouterInterfaceInUseByRoute(router.id, subnet.id)
