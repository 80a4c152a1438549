"""What must add up: what projects are counted for and what they have; addresses and ports; ports and their routers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table, func, or_, select

from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.base.quota.tables import usages
from cupola.network.model.port import ROUTER_GATEWAY, ROUTER_INTERFACE
from cupola.network.store import tables

_COUNTED: Mapping[str, Table] = {
    "network": tables.networks,
    "subnet": tables.subnets,
    "port": tables.ports,
    "router": tables.routers,
    "floatingip": tables.floating_ips,
    "security_group": tables.security_groups,
    "security_group_rule": tables.security_group_rules,
}


def quota_matches(tx: Transaction) -> Iterator[Finding]:
    """A project is counted for just what it has; what belongs to no project is not counted."""
    counted = {row["project_id"]: row["used"] for row in tx.all(select(usages))}
    for name, table in _COUNTED.items():
        many = select(table.c.project_id, func.count().label("many")).where(table.c.project_id != "")
        there = {row["project_id"]: row["many"] for row in tx.all(many.group_by(table.c.project_id))}
        for project_id in sorted({*there, *counted}):
            has, said = there.get(project_id, 0), counted.get(project_id, {}).get(f"network.{name}", 0)
            if has != said:
                yield Finding(
                    "quota.differs",
                    f"project/{project_id}",
                    f"The project is counted for {said} of {name} and has {has}.",
                    "Report it: what was done to the project's networks lately is in the ledger.",
                )


def addresses_match(tx: Transaction) -> Iterator[Finding]:
    """Every address given out belongs to a port on the network of its subnet, and every floating IP to one of its own.

    Foreign keys hold most of this; where they were off, nobody could have the address again.
    """
    given, ports = tables.ip_allocations, tables.ports
    holders = given.outerjoin(ports, ports.c.id == given.c.port_id).join(
        tables.subnets, tables.subnets.c.id == given.c.subnet_id
    )
    apart = or_(ports.c.id.is_(None), ports.c.network_id != tables.subnets.c.network_id)
    for row in tx.all(select(given).select_from(holders).where(apart)):
        yield Finding(
            "address.orphan",
            f"port/{row['port_id']}",
            f"Address {row['address']} of subnet {row['subnet_id']} is given to a port that is not there.",
            "Report it; until its row in ip_allocations is deleted, nobody can have the address.",
        )
    floating = tables.floating_ips
    lone = select(floating).select_from(floating.outerjoin(ports, ports.c.id == floating.c.floating_port_id))
    for row in tx.all(lone.where(ports.c.id.is_(None))):
        yield Finding(
            "address.orphan",
            f"floatingip/{row['id']}",
            f"The floating IP {row['floating_ip_address']} has lost the port that holds its address.",
            f"`openstack floating ip delete {row['id']}`",
        )


def routers_match(tx: Transaction) -> Iterator[Finding]:
    """Every port that joins a network to a router has one."""
    ports, routers = tables.ports, tables.routers
    joining = ports.outerjoin(routers, routers.c.id == ports.c.device_id)
    owners = ports.c.device_owner.in_((ROUTER_INTERFACE, ROUTER_GATEWAY))
    lone = select(ports).select_from(joining).where(ports.c.plugged, owners, routers.c.id.is_(None))
    for row in tx.all(lone.order_by(ports.c.id)):
        yield Finding(
            "router.gone",
            f"port/{row['id']}",
            f"The port joins network {row['network_id']} to router {row['device_id']}, which is not there.",
            f"`openstack port delete {row['id']}`",
        )
