"""Floating IPs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.model.floating_ip import FloatingIp, FloatingIpDetail
from cupola.network.model.query import Query
from cupola.network.store import ports
from cupola.network.store.listing import listed
from cupola.network.store.tables import floating_ips
from cupola.network.store.tags import tags_of


def by_id(tx: Transaction, id_: str, lock: bool = False) -> FloatingIp | None:
    return rows.by_id(tx, FloatingIp, floating_ips, id_, lock)


def page(tx: Transaction, project_id: str | None, query: Query) -> list[FloatingIp]:
    own = [] if project_id is None else [floating_ips.c.project_id == project_id]
    return [FloatingIp(**row) for row in listed(tx, floating_ips, query, *own)]


def details(tx: Transaction, found: Sequence[FloatingIp]) -> list[FloatingIpDetail]:
    of = ports.by_ids(tx, {each.port_id for each in found if each.port_id})
    tags = tags_of(tx, [each.id for each in found])
    return [FloatingIpDetail(each, of.get(each.port_id or ""), tags.get(each.id, ())) for each in found]


def of_ports(tx: Transaction, port_ids: Sequence[str]) -> list[FloatingIp]:
    """Those that lead to one of the ports."""
    return _where(tx, floating_ips.c.port_id.in_(port_ids))


def of_routers(tx: Transaction, router_ids: Sequence[str]) -> list[FloatingIp]:
    return _where(tx, floating_ips.c.router_id.in_(router_ids))


def of_network(tx: Transaction, network_id: str) -> list[FloatingIp]:
    return _where(tx, floating_ips.c.floating_network_id == network_id)


def _where(tx: Transaction, condition: ColumnElement[bool]) -> list[FloatingIp]:
    query = select(floating_ips).where(condition)
    return rows.many(tx, FloatingIp, query.order_by(floating_ips.c.created_at, floating_ips.c.id))


def loosen(tx: Transaction, found: Sequence[FloatingIp]) -> list[str]:
    """Let these floating IPs lead nowhere; returns the routers that carried them."""
    if found:
        tx.execute(
            sql_update(floating_ips)
            .where(floating_ips.c.id.in_([each.id for each in found]))
            .values(
                port_id=None,
                fixed_ip_address=None,
                router_id=None,
                status="DOWN",
                generation=floating_ips.c.generation + 1,
                updated_at=tx.now,
            )
        )
    return sorted({each.router_id for each in found if each.router_id})


def set_status(tx: Transaction, router_id: str, status: str) -> None:
    """Give the floating IPs of a router a status; writes only those that have another one."""
    chosen = (floating_ips.c.router_id == router_id) & (floating_ips.c.status != status)
    tx.execute(sql_update(floating_ips).where(chosen).values(status=status, generation=floating_ips.c.generation + 1))
