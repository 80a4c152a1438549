"""Subnets, and which addresses of them are given away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, exists, func, insert, or_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.network.model.port import DHCP, ROUTER_INTERFACE, FixedIp
from cupola.network.model.query import Query
from cupola.network.model.subnet import Subnet, SubnetDetail
from cupola.network.store.listing import listed
from cupola.network.store.tables import ip_allocations, networks, ports, subnets
from cupola.network.store.tags import tags_of


def by_id(tx: Transaction, id_: str, lock: bool = False) -> Subnet | None:
    return rows.by_id(tx, Subnet, subnets, id_, lock)


def of_networks(tx: Transaction, network_ids: Iterable[str]) -> dict[str, list[Subnet]]:
    """Subnets by network, the oldest first."""
    query = select(subnets).where(subnets.c.network_id.in_(sorted(set(network_ids))))
    found: dict[str, list[Subnet]] = {}
    for subnet in rows.many(tx, Subnet, query.order_by(subnets.c.created_at, subnets.c.id)):
        found.setdefault(subnet.network_id, []).append(subnet)
    return found


def of_network(tx: Transaction, network_id: str) -> list[Subnet]:
    return of_networks(tx, [network_id]).get(network_id, [])


def by_ids(tx: Transaction, ids: Iterable[str]) -> dict[str, Subnet]:
    found = rows.many(tx, Subnet, select(subnets).where(subnets.c.id.in_(sorted(set(ids)))))
    return {subnet.id: subnet for subnet in found}


def page(tx: Transaction, project_id: str | None, query: Query) -> list[Subnet]:
    """Subnets of a project, and of the networks it sees. None: all there are."""
    seen = exists().where(
        networks.c.id == subnets.c.network_id,
        or_(networks.c.project_id == project_id, networks.c.shared.is_(True), networks.c.external.is_(True)),
    )
    condition = [] if project_id is None else [or_(subnets.c.project_id == project_id, seen)]
    return [Subnet(**row) for row in listed(tx, subnets, query, *condition)]


def details(tx: Transaction, found: Sequence[Subnet]) -> list[SubnetDetail]:
    columns = select(networks.c.id, networks.c.external, networks.c.shared, networks.c.project_id)
    ids = sorted({subnet.network_id for subnet in found})
    of = {row["id"]: row for row in tx.all(columns.where(networks.c.id.in_(ids)))} if ids else {}
    tags = tags_of(tx, [subnet.id for subnet in found])
    return [
        SubnetDetail(
            subnet,
            of[subnet.network_id]["external"],
            of[subnet.network_id]["shared"],
            of[subnet.network_id]["project_id"],
            tags.get(subnet.id, ()),
        )
        for subnet in found
    ]


# addresses ------------------------------------------------------------------------------------------------------------


def taken(tx: Transaction, subnet_id: str, addresses: Sequence[str] | None = None) -> set[str]:
    """Which of `addresses` (None: of all) are given away."""
    query = select(ip_allocations.c.address).where(ip_allocations.c.subnet_id == subnet_id)
    if addresses is not None:
        query = query.where(ip_allocations.c.address.in_(addresses))
    return {row["address"] for row in tx.all(query)}


def give(tx: Transaction, port_id: str, fixed_ips: Sequence[FixedIp]) -> None:
    """Give addresses to a port. Raises StaleWrite when another request has one of them by now: look again."""
    if not fixed_ips:
        return
    given = [
        {"subnet_id": fixed.subnet_id, "address": fixed.ip_address, "port_id": port_id, "position": position}
        for position, fixed in enumerate(fixed_ips)
    ]
    try:
        tx.execute(insert(ip_allocations), given)
    except Duplicate as error:
        raise StaleWrite("address", ", ".join(fixed.ip_address for fixed in fixed_ips)) from error


def take_back(tx: Transaction, port_ids: Sequence[str]) -> None:
    """Free all addresses of these ports."""
    if port_ids:
        rows.remove(tx, ip_allocations, ip_allocations.c.port_id.in_(port_ids))


def _keeps(automatic: bool) -> ColumnElement[bool]:
    """Which ports keep a subnet from going: others than DHCP's; an automatic one, only routers'."""
    return ports.c.device_owner == ROUTER_INTERFACE if automatic else ports.c.device_owner != DHCP


def in_use(tx: Transaction, subnet_id: str, automatic: bool = False) -> bool:
    """Whether ports that keep the subnet have an address of it."""
    joined = ip_allocations.join(ports, ports.c.id == ip_allocations.c.port_id)
    query = select(func.count()).select_from(joined).where(ip_allocations.c.subnet_id == subnet_id, _keeps(automatic))
    return bool(tx.scalar(query))


def free_idle(tx: Transaction, subnet_id: str, automatic: bool = False) -> None:
    """Take back the addresses of the ports that do not keep the subnet; for any other one its foreign key speaks."""
    idle = select(ports.c.id).where(~_keeps(automatic))
    rows.remove(tx, ip_allocations, ip_allocations.c.subnet_id == subnet_id, ip_allocations.c.port_id.in_(idle))


def holder(tx: Transaction, subnet_id: str, address: str) -> str | None:
    """The port that has an address."""
    query = select(ip_allocations.c.port_id).where(
        ip_allocations.c.subnet_id == subnet_id, ip_allocations.c.address == address
    )
    found: str | None = tx.scalar(query)
    return found
