"""Ports, their addresses and their security groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, Select, exists, func, insert, or_, select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.tables import hosts
from cupola.network.model.port import ACTIVE, BoundPort, FixedIp, Port, PortDetail
from cupola.network.model.query import Query
from cupola.network.store.listing import gathered, listed
from cupola.network.store.tables import ip_allocations, networks, port_security_groups, ports
from cupola.network.store.tags import tags_of

_ORDER = (ports.c.device_id, ports.c.device_index, ports.c.created_at, ports.c.id)


def by_id(tx: Transaction, id_: str, lock: bool = False) -> Port | None:
    return rows.by_id(tx, Port, ports, id_, lock)


def by_ids(tx: Transaction, ids: Iterable[str]) -> dict[str, Port]:
    return {port.id: port for port in where(tx, ports.c.id.in_(sorted(set(ids))))}


def where(tx: Transaction, *conditions: ColumnElement[bool], lock: bool = False) -> list[Port]:
    query = select(ports).where(*conditions).order_by(*_ORDER)
    return rows.many(tx, Port, query.with_for_update(key_share=True) if lock and tx.locks_rows else query)


def of_devices(tx: Transaction, device_ids: Iterable[str], lock: bool = False) -> list[Port]:
    """Ports of servers or routers, each one's in the order they were plugged in; not those that only say so.

    With `lock` nobody else changes them until this transaction ends.
    """
    return where(tx, ports.c.device_id.in_(sorted(set(device_ids))), ports.c.plugged, lock=lock)


def of_networks(tx: Transaction, network_ids: Iterable[str]) -> list[Port]:
    return where(tx, ports.c.network_id.in_(sorted(set(network_ids))))


def on_hosts(tx: Transaction, network_ids: Iterable[str]) -> list[BoundPort]:
    """Ports of networks, of those that are bound to a host."""
    there = ports.c.network_id.in_(sorted(set(network_ids))) & ports.c.host.is_not(None)
    columns = [ports.c[field.name] for field in fields(BoundPort)]
    return [BoundPort(*row) for row in tx.tuples(select(*columns).where(there).order_by(*_ORDER))]


def with_owner(tx: Transaction, network_id: str, device_owner: str) -> list[Port]:
    return where(tx, ports.c.network_id == network_id, ports.c.device_owner == device_owner)


def page(
    tx: Transaction,
    project_id: str | None,
    query: Query,
    addresses: Sequence[str] = (),
    address_parts: Sequence[str] = (),
    subnet_ids: Sequence[str] = (),
    group_ids: Sequence[str] = (),
) -> list[Port]:
    """Ports of a project, and those on its networks. None: all there are."""
    conditions: list[ColumnElement[bool]] = []
    if project_id is not None:
        owned = exists().where(networks.c.id == ports.c.network_id, networks.c.project_id == project_id)
        conditions.append(or_(ports.c.project_id == project_id, owned))
    of_port = ip_allocations.c.port_id == ports.c.id
    if addresses:
        conditions.append(exists().where(of_port, ip_allocations.c.address.in_(addresses)))
    if address_parts:
        alike = or_(*(ip_allocations.c.address.contains(part, autoescape=True) for part in address_parts))
        conditions.append(exists().where(of_port, alike))
    if subnet_ids:
        conditions.append(exists().where(of_port, ip_allocations.c.subnet_id.in_(subnet_ids)))
    if group_ids:
        bound = port_security_groups.c.port_id == ports.c.id
        conditions.append(exists().where(bound, port_security_groups.c.security_group_id.in_(group_ids)))
    return [Port(**row) for row in listed(tx, ports, query, *conditions)]


def fixed_ips_of(tx: Transaction, port_ids: Sequence[str]) -> dict[str, tuple[FixedIp, ...]]:
    """Addresses by port, in the order they were given."""
    return _addresses(tx, ip_allocations.c.port_id.in_(port_ids)) if port_ids else {}


def fixed_ips_on_hosts(tx: Transaction, network_ids: Iterable[str]) -> dict[str, tuple[FixedIp, ...]]:
    """The same of all ports of networks that are bound to a host, however many these are."""
    return _addresses(tx, ip_allocations.c.port_id.in_(_bound_to_hosts(network_ids)))


def _bound_to_hosts(network_ids: Iterable[str]) -> Select[tuple[str]]:
    there = ports.c.network_id.in_(sorted(set(network_ids))) & ports.c.host.is_not(None)
    return select(ports.c.id).where(there)


def _addresses(tx: Transaction, condition: ColumnElement[bool]) -> dict[str, tuple[FixedIp, ...]]:
    found: dict[str, list[FixedIp]] = {}
    given = ip_allocations.c
    query = select(given.port_id, given.subnet_id, given.address).where(condition).order_by(given.position)
    for port_id, subnet_id, address in tx.tuples(query):
        found.setdefault(port_id, []).append(FixedIp(subnet_id, address))
    return {port_id: tuple(fixed) for port_id, fixed in found.items()}


def details(tx: Transaction, found: Sequence[Port]) -> list[PortDetail]:
    ids = [port.id for port in found]
    addresses = fixed_ips_of(tx, ids)
    groups = gathered(tx, port_security_groups, "port_id", "security_group_id", ids)
    tags = tags_of(tx, ids)
    owners = select(networks.c.id, networks.c.project_id, networks.c.shared)
    network_ids = sorted({port.network_id for port in found})
    of = {row["id"]: row for row in tx.all(owners.where(networks.c.id.in_(network_ids)))} if ids else {}
    return [
        PortDetail(
            port,
            addresses.get(port.id, ()),
            groups.get(port.id, ()),
            tags.get(port.id, ()),
            of[port.network_id]["project_id"],
            of[port.network_id]["shared"],
        )
        for port in found
    ]


def mac_taken(tx: Transaction, network_id: str, mac: str, except_port: str | None = None) -> bool:
    query = select(ports.c.id).where(ports.c.network_id == network_id, ports.c.mac_address == mac)
    return any(row["id"] != except_port for row in tx.all(query))


# security groups ------------------------------------------------------------------------------------------------------


def groups_of(tx: Transaction, port_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return gathered(tx, port_security_groups, "port_id", "security_group_id", port_ids)


def groups_on_hosts(tx: Transaction, network_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The same of all ports of networks that are bound to a host, however many these are."""
    bound = port_security_groups.c
    query = select(bound.port_id, bound.security_group_id).where(bound.port_id.in_(_bound_to_hosts(network_ids)))
    found: dict[str, list[str]] = {}
    for port_id, group_id in tx.tuples(query.order_by(bound.security_group_id)):
        found.setdefault(port_id, []).append(group_id)
    return {port_id: tuple(groups) for port_id, groups in found.items()}


def bind_groups(tx: Transaction, port_id: str, group_ids: Sequence[str]) -> None:
    if group_ids:
        bound = [{"port_id": port_id, "security_group_id": each} for each in sorted(set(group_ids))]
        tx.execute(insert(port_security_groups), bound)


def unbind_groups(tx: Transaction, port_ids: Sequence[str]) -> None:
    if port_ids:
        rows.remove(tx, port_security_groups, port_security_groups.c.port_id.in_(port_ids))


def group_in_use(tx: Transaction, group_id: str) -> bool:
    query = select(func.count()).select_from(port_security_groups)
    return bool(tx.scalar(query.where(port_security_groups.c.security_group_id == group_id)))


# hosts ----------------------------------------------------------------------------------------------------------------


def places(tx: Transaction, network_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(network, host) for each host that has a port of the networks; a name that no host has is left out."""
    query = (
        select(ports.c.network_id, ports.c.host)
        .where(ports.c.network_id.in_(sorted(set(network_ids))), ports.c.host.in_(select(hosts.c.name)))
        .distinct()
        .order_by(ports.c.network_id, ports.c.host)
    )
    return [(row["network_id"], row["host"]) for row in tx.all(query)]


def networks_on(tx: Transaction, host: str) -> list[str]:
    query = select(ports.c.network_id).where(ports.c.host == host).distinct().order_by(ports.c.network_id)
    return [row["network_id"] for row in tx.all(query)]


def set_status(tx: Transaction, status: str, *conditions: ColumnElement[bool]) -> int:
    """Give ports a status; writes only those that have another one. Returns how many."""
    usable = [ports.c.admin_state_up.is_(True)] if status == ACTIVE else []
    changed = tx.execute(
        sql_update(ports)
        .where(ports.c.status != status, *usable, *conditions)
        .values(status=status, generation=ports.c.generation + 1, updated_at=tx.now)
    )
    return changed.rowcount


def remove(tx: Transaction, port_ids: Sequence[str]) -> None:
    """Delete ports with all that hangs on them."""
    if not port_ids:
        return
    rows.remove(tx, ip_allocations, ip_allocations.c.port_id.in_(port_ids))
    unbind_groups(tx, port_ids)
    rows.remove(tx, ports, ports.c.id.in_(port_ids), seen=len(port_ids))


def bind_device(tx: Transaction, device_id: str, host: str | None) -> None:
    """Bind all ports of a router to a host."""
    chosen = (ports.c.device_id == device_id) & ports.c.plugged
    tx.execute(sql_update(ports).where(chosen).values(host=host, generation=ports.c.generation + 1))
