"""Floating IPs: taken from an external network, led to ports, given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.network.errors import (
    BadRequest,
    ExternalGatewayForFloatingIPNotFound,
    ExternalIpAddressExhausted,
    FloatingIPNotFound,
    FloatingIPPortAlreadyAssociated,
    IpAddressGenerationFailure,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import deletion, networks
from cupola.network.logic import ports as port_logic
from cupola.network.logic.changes import routers_changed
from cupola.network.logic.plugging import add_port
from cupola.network.logic.scope import owned, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.floating_ip import FloatingIp, FloatingIpDetail
from cupola.network.model.network import Network
from cupola.network.model.port import FLOATING_IP, NOT_APPLICABLE, PortDetail
from cupola.network.model.query import Query
from cupola.network.store import floating_ips as store
from cupola.network.store import ports, routers, subnets, tags
from cupola.network.store.tables import floating_ips


@dataclass(frozen=True)
class _Lead:
    """Where a floating IP leads, and by which router."""

    port_id: str | None = None
    fixed_ip_address: str | None = None
    router_id: str | None = None


def create(ctx: Context, asked: Sequence[Asked]) -> list[FloatingIpDetail]:
    """Take floating IPs, all or none. Raises NetworkNotFound, BadRequest, OverQuota, and why one cannot lead there."""

    def write(tx: Transaction) -> list[FloatingIpDetail]:
        return store.details(tx, [create_in(tx, ctx, each) for each in asked])

    return ctx.transact("floatingip.create", write)


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> FloatingIp:
    project_id = asked["project_id"]
    for rule in ("create_floatingip", *asked.rules):
        ctx.authorize(rule, owned(project_id))
    network = networks.seen(tx, ctx, asked["floating_network_id"])
    if not network.external:
        raise BadRequest("floatingip", f"Network {network.id} is not a valid external network.")
    quota.take(tx, LIMITS_OF, project_id, network__floatingip=1)
    id_ = ctx.ids.uuid()
    carrier = _carrier(tx, ctx, network, id_, asked)
    address = carrier.fixed_ips[0].ip_address
    lead = _lead(tx, ctx, asked, project_id, network.id, id_, address)
    floating = FloatingIp(
        id=id_,
        generation=1,
        project_id=project_id,
        description=asked["description"],
        floating_network_id=network.id,
        floating_ip_address=address,
        floating_port_id=carrier.port.id,
        port_id=lead.port_id,
        fixed_ip_address=lead.fixed_ip_address,
        router_id=lead.router_id,
        status="DOWN",
        created_at=tx.now,
        updated_at=tx.now,
    )
    try:
        rows.add(tx, floating_ips, floating)
    except Duplicate as error:
        raise StaleWrite("floating IP of port", lead.port_id) from error
    if lead.router_id:
        routers_changed(tx, ctx, [lead.router_id])
    return floating


def _carrier(tx: Transaction, ctx: Context, network: Network, id_: str, asked: Asked) -> PortDetail:
    """The port in the external network that keeps the address; it belongs to no project and is on no host."""
    of_network = [subnet for subnet in subnets.of_network(tx, network.id) if subnet.ip_version == 4]
    wanted = {"ip_address": asked["floating_ip_address"], "subnet_id": asked["subnet_id"]}
    given = {name: value for name, value in wanted.items() if value}
    if not of_network:
        raise ExternalIpAddressExhausted(network.id)
    try:
        return add_port(
            tx, ctx, network, of_network, "", [given] if given else None, device_id=id_, device_owner=FLOATING_IP,
            port_security_enabled=False, status=NOT_APPLICABLE,
        )  # fmt: skip
    except IpAddressGenerationFailure as error:
        raise ExternalIpAddressExhausted(network.id) from error


def _lead(
    tx: Transaction, ctx: Context, asked: Asked, project_id: str, external_id: str, id_: str, floating_address: str
) -> _Lead:
    """Where the floating IP shall lead: to an IPv4 address of the port, by a router that reaches both networks."""
    port_id, fixed = asked.get("port_id"), asked.get("fixed_ip_address")
    if port_id is None:
        if fixed is not None:
            raise BadRequest("floatingip", "fixed_ip_address cannot be specified without a port_id")
        return _Lead()
    detail = port_logic.seen(tx, ctx, port_id)
    if detail.port.project_id != project_id and not ctx.may("context_is_admin", {}):  # a network's owner sees others'
        raise BadRequest("floatingip", f"Port {port_id} is owned by another project than the floating IP.")
    inner = [each for each in detail.fixed_ips if ip_address(each.ip_address).version == 4]
    chosen = [each for each in inner if fixed in (None, each.ip_address)]
    if not inner:
        raise BadRequest("floatingip", f"Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses")
    if not chosen:
        raise BadRequest("floatingip", f"Port {port_id} does not have fixed ip {fixed}")
    if fixed is None and len(inner) > 1:
        raise BadRequest(
            "floatingip",
            f"Port {port_id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a "
            "floating IP",
        )
    for other in store.of_ports(tx, [port_id]):
        if other.id != id_ and other.fixed_ip_address == chosen[0].ip_address:
            raise FloatingIPPortAlreadyAssociated(floating_address, id_, port_id, chosen[0].ip_address)
    router_id = _router(tx, chosen[0].subnet_id, external_id)
    if router_id is None:
        raise ExternalGatewayForFloatingIPNotFound(external_id, chosen[0].subnet_id, port_id)
    return _Lead(port_id, chosen[0].ip_address, router_id)


def _router(tx: Transaction, subnet_id: str, external_id: str) -> str | None:
    """A router that reaches both networks, and goes on doing so until the transaction ends."""
    for router_id in routers.reaching(tx, subnet_id, external_id):
        routers.by_id(tx, router_id, lock=True)
        if router_id in routers.reaching(tx, subnet_id, external_id):
            return router_id
    return None


def show(ctx: Context, id_: str) -> FloatingIpDetail:
    """Raises FloatingIPNotFound."""

    def read(tx: Transaction) -> FloatingIpDetail:
        return store.details(tx, [_seen(tx, ctx, id_, "get_floatingip")])[0]

    return ctx.read("floatingip.show", read)


def _seen(tx: Transaction, ctx: Context, id_: str, rule: str, asked: Asked | None = None) -> FloatingIp:
    floating = store.by_id(tx, id_)
    if floating is None:
        ctx.marks.authorized = True
        raise FloatingIPNotFound(id_)
    permit(ctx, rule, owned(floating.project_id), FloatingIPNotFound(id_), asked)
    return floating


def listed(ctx: Context, query: Query) -> list[FloatingIpDetail]:
    def read(tx: Transaction) -> list[FloatingIpDetail]:
        ctx.authorize("get_floatingip")
        found = store.page(tx, project_seen(ctx), query)
        return store.details(tx, [each for each in found if ctx.may("get_floatingip", owned(each.project_id))])

    return ctx.read("floatingip.list", read)


def update(ctx: Context, id_: str, asked: Asked) -> FloatingIpDetail:
    """Lead a floating IP elsewhere, or nowhere. Raises FloatingIPNotFound, and why it cannot lead there."""

    def write(tx: Transaction) -> FloatingIpDetail:
        floating = _seen(tx, ctx, id_, "update_floatingip", asked)
        changes = {"description": asked["description"]} if "description" in asked else {}
        leads = "port_id" in asked or "fixed_ip_address" in asked
        if not leads:
            return store.details(tx, [rows.update(tx, floating_ips, floating, updated_at=tx.now, **changes)])[0]
        wanted = Asked({"port_id": asked.get("port_id", floating.port_id), **asked.values})
        lead = _lead(
            tx, ctx, wanted, floating.project_id, floating.floating_network_id, id_, floating.floating_ip_address
        )
        before = _Lead(floating.port_id, floating.fixed_ip_address, floating.router_id)
        status = floating.status if lead == before else "DOWN"
        updated = rows.update(
            tx,
            floating_ips,
            floating,
            port_id=lead.port_id,
            fixed_ip_address=lead.fixed_ip_address,
            router_id=lead.router_id,
            status=status,
            updated_at=tx.now,
            **changes,
        )
        if lead != before:
            routers_changed(tx, ctx, {each for each in (before.router_id, lead.router_id) if each})
        return store.details(tx, [updated])[0]

    return ctx.transact("floatingip.update", write)


def delete(ctx: Context, id_: str) -> None:
    """Raises FloatingIPNotFound."""

    def write(tx: Transaction) -> None:
        floating = _seen(tx, ctx, id_, "delete_floatingip")
        quota.give(tx, floating.project_id, network__floatingip=1)
        rows.remove(tx, floating_ips, floating_ips.c.id == id_, seen=1)
        port = ports.by_id(tx, floating.floating_port_id)
        deletion.ports_in(tx, ctx, [port] if port else [])
        tags.remove_of(tx, [id_])
        if floating.router_id:
            routers_changed(tx, ctx, [floating.router_id])

    ctx.transact("floatingip.delete", write)
