"""Ports: made, changed, deleted, and found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import (
    AddressPairAndPortSecurityRequired,
    MacAddressInUse,
    PortNotFound,
    PortSecurityPortHasSecurityGroup,
    SecurityGroupNotFound,
    ServicePortInUse,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import deletion, networks
from cupola.network.logic.addresses import choose
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.device import check_device, in_service
from cupola.network.logic.plugging import add_port
from cupola.network.logic.scope import of_port, permit, port_target, project_seen
from cupola.network.logic.security_groups import default_in
from cupola.network.model.asked import Asked
from cupola.network.model.network import Network
from cupola.network.model.port import DOWN, ROUTER_GATEWAY, ROUTER_INTERFACE, Port, PortDetail
from cupola.network.model.query import Query
from cupola.network.store import floating_ips, security_groups, subnets
from cupola.network.store import ports as store
from cupola.network.store.tables import ports

COLUMNS = {
    "name": "name",
    "description": "description",
    "admin_state_up": "admin_state_up",
    "device_id": "device_id",
    "device_owner": "device_owner",
    "mac_address": "mac_address",
    "binding:host_id": "host",
    "binding:profile": "profile",
    "binding:vnic_type": "vnic_type",
    "port_security_enabled": "port_security_enabled",
    "allowed_address_pairs": "allowed_address_pairs",
}
"""Attributes that are a column each."""
_SILENT = {"name", "description", "plugged", "profile", "vnic_type"}
"""Columns of which hosts are told nothing."""


def create(ctx: Context, asked: Sequence[Asked]) -> list[PortDetail]:
    """Make ports, all or none. Raises NetworkNotFound, OverQuota, and what `create_in` raises."""
    return ctx.transact("port.create", lambda tx: [create_in(tx, ctx, each) for each in asked])


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> PortDetail:
    """Raises the errors of addresses and groups, MacAddressInUse, AddressPairAndPortSecurityRequired."""
    network, project_id = networks.seen(tx, ctx, asked["network_id"]), asked["project_id"]
    target = port_target(project_id, asked["device_owner"], network.project_id, network.shared)
    for rule in ("create_port", *asked.rules):
        ctx.authorize(rule, target)
    check_device(tx, ctx, project_id, asked["device_owner"], asked["device_id"])
    quota.take(tx, LIMITS_OF, project_id, network__port=1)
    secured = _secured(network, asked)
    columns = {column: asked[name] for name, column in COLUMNS.items() if asked[name] is not None}
    detail = add_port(
        tx,
        ctx,
        network,
        subnets.of_network(tx, network.id),
        project_id,
        asked["fixed_ips"],
        _groups_for(tx, ctx, project_id, asked, secured),
        **columns | {"port_security_enabled": secured},
    )
    if asked["allowed_address_pairs"] and not detail.port.port_security_enabled:
        raise AddressPairAndPortSecurityRequired
    if detail.port.host is not None:
        networks_changed(tx, ctx, [network.id], detail.security_group_ids)
    return detail


def _secured(network: Network, asked: Asked) -> bool:
    """Whether the new port is protected from spoofing; one of the network itself (a router's, say) never is."""
    if asked["device_owner"].startswith("network:"):
        return False
    wanted: bool | None = asked["port_security_enabled"]
    return network.port_security_enabled if wanted is None else wanted


def _groups_for(tx: Transaction, ctx: Context, project_id: str, asked: Asked, secured: bool) -> list[str]:
    """The groups asked for, else the project's default one where ports are secured."""
    wanted = asked["security_groups"]
    if wanted is not None:
        if wanted and not secured:
            raise PortSecurityPortHasSecurityGroup
        return known_groups(tx, ctx, wanted)
    return [default_in(tx, ctx, project_id).id] if secured else []


def known_groups(tx: Transaction, ctx: Context, ids: Sequence[str]) -> list[str]:
    """`ids` without repeats, if the caller sees them all. Raises SecurityGroupNotFound."""
    found = security_groups.by_ids(tx, ids)
    for id_ in ids:
        if id_ not in found or not ctx.may("get_security_group", {"project_id": found[id_].project_id}):
            raise SecurityGroupNotFound(id_)
    return list(dict.fromkeys(ids))


def show(ctx: Context, id_: str) -> PortDetail:
    """Raises PortNotFound."""

    def read(tx: Transaction) -> PortDetail:
        detail = seen(tx, ctx, id_)
        permit(ctx, "get_port", of_port(detail), PortNotFound(id_))
        return detail

    return ctx.read("port.show", read)


def seen(tx: Transaction, ctx: Context, id_: str) -> PortDetail:
    """The port, if the caller may see it. Raises PortNotFound."""
    port = store.by_id(tx, id_)
    detail = store.details(tx, [port])[0] if port is not None else None
    if detail is None or not ctx.may("get_port", of_port(detail)):
        ctx.marks.authorized = True
        raise PortNotFound(id_)
    return detail


def listed(ctx: Context, query: Query, **conditions: Sequence[str]) -> list[PortDetail]:
    """`conditions` as `store.page` takes them: addresses, parts of addresses, subnets, security groups."""

    def read(tx: Transaction) -> list[PortDetail]:
        ctx.authorize("get_port")
        found = store.details(tx, store.page(tx, project_seen(ctx), query, **conditions))
        return [each for each in found if ctx.may("get_port", of_port(each))]

    return ctx.read("port.list", read)


def update(ctx: Context, id_: str, asked: Asked) -> PortDetail:
    """Raises PortNotFound, and what `update_in` raises."""

    def write(tx: Transaction) -> PortDetail:
        detail = seen(tx, ctx, id_)
        owner = {"device_owner": asked["device_owner"]} if "device_owner" in asked else {}
        permit(ctx, "update_port", of_port(detail) | owner, PortNotFound(id_), asked)
        return update_in(tx, ctx, detail, asked)

    return ctx.transact("port.update", write)


def update_in(tx: Transaction, ctx: Context, detail: PortDetail, asked: Asked) -> PortDetail:
    """Raises the errors of addresses and groups, MacAddressInUse, PortSecurityPortHasSecurityGroup, ServicePortInUse.

    A port that says to be of something else is no longer its server's.
    """
    port = detail.port
    changes: dict[str, Any] = {column: asked[name] for name, column in COLUMNS.items() if name in asked}
    if "host" in changes:
        changes["host"] = changes["host"] or None
    if changes.get("host", port.host) != port.host or changes.get("admin_state_up") is False:
        changes["status"] = DOWN
    changes = {column: value for column, value in changes.items() if value != getattr(port, column)}
    if changes.keys() & {"device_id", "device_owner"}:
        named = {"device_id": port.device_id, "device_owner": port.device_owner} | changes
        check_device(tx, ctx, port.project_id, named["device_owner"], named["device_id"])
    if port.plugged and changes.keys() & {"device_id", "device_owner"}:
        if port.of_network:
            raise ServicePortInUse(port.id, f"has device owner {port.device_owner}")
        changes["plugged"] = False
    mac = changes.get("mac_address")
    if mac is not None and store.mac_taken(tx, port.network_id, mac, port.id):
        raise MacAddressInUse(port.network_id, mac)
    groups = _change_groups(tx, ctx, detail, asked)
    addresses = _change_addresses(tx, detail, asked, mac or port.mac_address)
    updated = rows.update(tx, ports, port, updated_at=tx.now, **changes)
    if updated.allowed_address_pairs and not updated.port_security_enabled:
        raise AddressPairAndPortSecurityRequired
    if addresses or groups or changes.keys() - _SILENT:
        _tell(tx, ctx, detail, updated)
    return store.details(tx, [updated])[0]


def _change_groups(tx: Transaction, ctx: Context, detail: PortDetail, asked: Asked) -> bool:
    wanted = asked.get("security_groups")
    groups = detail.security_group_ids if wanted is None else known_groups(tx, ctx, wanted)
    secured = asked.get("port_security_enabled", detail.port.port_security_enabled)
    if groups and not secured:
        raise PortSecurityPortHasSecurityGroup
    if set(groups) == set(detail.security_group_ids):
        return False
    store.unbind_groups(tx, [detail.port.id])
    store.bind_groups(tx, detail.port.id, groups)
    return True


def _change_addresses(tx: Transaction, detail: PortDetail, asked: Asked, mac: str) -> bool:
    if "fixed_ips" not in asked or asked["fixed_ips"] is None:
        return False
    port, kept = detail.port, detail.fixed_ips
    of_network = subnets.of_network(tx, port.network_id)
    automatic = not port.of_network
    chosen = choose(tx, port.network_id, of_network, port.id, mac, asked["fixed_ips"], kept, automatic)
    if tuple(chosen) == kept:
        return False
    addresses = {fixed.ip_address for fixed in chosen}
    loose = [each for each in floating_ips.of_ports(tx, [port.id]) if each.fixed_ip_address not in addresses]
    routers_changed(tx, tx.ctx, floating_ips.loosen(tx, loose))
    subnets.take_back(tx, [port.id])
    subnets.give(tx, port.id, chosen)
    return True


def _tell(tx: Transaction, ctx: Context, before: PortDetail, after: Port) -> None:
    """Tell the hosts of the network, the one that the port was on too, and the router's, wherever the port is."""
    if before.port.host is not None or after.host is not None:
        left = [(after.network_id, before.port.host)] if before.port.host else []
        groups = {*before.security_group_ids, *store.groups_of(tx, [after.id]).get(after.id, ())}
        networks_changed(tx, ctx, [after.network_id], groups, left)
    if after.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        routers_changed(tx, ctx, [after.device_id])


def delete(ctx: Context, id_: str) -> None:
    """Raises PortNotFound, ServicePortInUse."""

    def write(tx: Transaction) -> None:
        detail = seen(tx, ctx, id_)
        permit(ctx, "delete_port", of_port(detail), PortNotFound(id_))
        if in_service(tx, detail.port):
            raise ServicePortInUse(id_, f"has device owner {detail.port.device_owner}")
        deletion.give_ports_back(tx, [detail.port])
        deletion.ports_in(tx, ctx, [detail.port])

    ctx.transact("port.delete", write)
