"""Compute services, with what the registry of hosts knows of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import ALIVE_WITHIN, all_hosts, named
from cupola.base.hosts.tables import hosts
from cupola.compute.model.service import ComputeService, ServiceState, state_of
from cupola.compute.store.tables_services import services


def find(tx: Transaction, host: str, binary: str) -> ComputeService | None:
    return rows.one(tx, ComputeService, select(services).where(services.c.host == host, services.c.binary == binary))


def by_id(tx: Transaction, service_id: str) -> ComputeService | None:
    return rows.by_id(tx, ComputeService, services, service_id)


def states(tx: Transaction, among: Collection[str] | None = None) -> list[ServiceState]:
    """All services (or those `among` these ids), in the order they came, with how they are doing (two statements)."""
    query = select(services).order_by(services.c.number)
    found = rows.many(tx, ComputeService, query if among is None else query.where(services.c.id.in_(sorted(among))))
    hosts_of = all_hosts(tx) if among is None else named(tx, {service.host for service in found})
    known = {host.name: host for host in hosts_of}
    return [state_of(service, known.get(service.host), tx.now) for service in found]


def of_hosts(tx: Transaction, names: Collection[str], binary: str) -> dict[str, ServiceState]:
    """By name of host, how its service of a kind is doing (two statements, however many hosts there are)."""
    if not names:
        return {}
    query = select(services).where(services.c.host.in_(sorted(names)), services.c.binary == binary)
    known = {host.name: host for host in named(tx, names)}
    found = rows.many(tx, ComputeService, query)
    return {service.host: state_of(service, known.get(service.host), tx.now) for service in found}


def unusable(tx: Transaction, binary: str) -> list[str]:
    """The ids of the services that take no work now: disabled, forced down, or of a host that is silent."""
    heard = (hosts.c.seen_at > tx.now - ALIVE_WITHIN) & (hosts.c.seen_at < tx.now + ALIVE_WITHIN)
    query = (
        select(services.c.id)
        .outerjoin(hosts, (hosts.c.name == services.c.host) & heard)
        .where(services.c.binary == binary)
        .where(services.c.disabled | services.c.forced_down | hosts.c.name.is_(None))
    )
    return [row["id"] for row in tx.all(query)]


def disabled(tx: Transaction, binary: str) -> frozenset[str]:
    """The hosts on which a service is disabled."""
    off = select(services.c.host).where(services.c.binary == binary, services.c.disabled)
    return frozenset(row["host"] for row in tx.all(off))


def insert_service(tx: Transaction, service_id: str, host: str, binary: str) -> ComputeService:
    """Raises Duplicate when another transaction made one at the same moment."""
    number = int(tx.scalar(select(func.max(services.c.number))) or 0) + 1
    row = ComputeService(service_id, number, binary, host, False, None, False, None, 1, tx.now, tx.now)
    return rows.add(tx, services, row)


def write(tx: Transaction, seen: ComputeService, **changes: Any) -> ComputeService:
    """Raises StaleWrite."""
    return rows.update(tx, services, seen, updated_at=tx.now, **changes)


def seen(tx: Transaction, service_id: str) -> None:
    """Note the moment; nothing that anybody guards by the generation has changed."""
    tx.execute(sql_update(services).where(services.c.id == service_id).values(seen_at=tx.now))


def remove_service(tx: Transaction, service_id: str) -> None:
    rows.remove(tx, services, services.c.id == service_id)
