"""Routers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.model.port import ROUTER_GATEWAY, ROUTER_INTERFACE, Port
from cupola.network.model.query import Query
from cupola.network.model.router import Gateway, Router, RouterDetail
from cupola.network.store import ports as port_store
from cupola.network.store.listing import listed
from cupola.network.store.tables import ip_allocations, ports, routers
from cupola.network.store.tags import tags_of


def by_id(tx: Transaction, id_: str, lock: bool = False) -> Router | None:
    return rows.by_id(tx, Router, routers, id_, lock)


def by_ids(tx: Transaction, ids: Iterable[str]) -> dict[str, Router]:
    found = rows.many(tx, Router, select(routers).where(routers.c.id.in_(sorted(set(ids)))))
    return {router.id: router for router in found}


def page(tx: Transaction, project_id: str | None, query: Query) -> list[Router]:
    own = [] if project_id is None else [routers.c.project_id == project_id]
    return [Router(**row) for row in listed(tx, routers, query, *own)]


def details(tx: Transaction, found: Sequence[Router]) -> list[RouterDetail]:
    gateway_ids = [router.gateway_port_id for router in found if router.gateway_port_id]
    gateways = port_store.by_ids(tx, gateway_ids)
    addresses = port_store.fixed_ips_of(tx, gateway_ids)
    tags = tags_of(tx, [router.id for router in found])

    def gateway(port: Port | None) -> Gateway | None:
        return None if port is None else Gateway(port.id, port.network_id, addresses.get(port.id, ()))

    return [
        RouterDetail(router, gateway(gateways.get(router.gateway_port_id or "")), tags.get(router.id, ()))
        for router in found
    ]


def bump(tx: Transaction, ids: Sequence[str]) -> None:
    """Another generation of what hosts are told of these routers."""
    tx.execute(sql_update(routers).where(routers.c.id.in_(ids)).values(generation=routers.c.generation + 1))


def places(tx: Transaction, ids: Sequence[str]) -> list[tuple[str, str | None]]:
    query = select(routers.c.id, routers.c.host).where(routers.c.id.in_(ids)).order_by(routers.c.id)
    return [(row["id"], row["host"]) for row in tx.all(query)]


def on_host(tx: Transaction, host: str) -> list[str]:
    return [row["id"] for row in tx.all(select(routers.c.id).where(routers.c.host == host).order_by(routers.c.id))]


def unchanged(tx: Transaction, host: str, known: Mapping[str, int]) -> list[str]:
    """Which of the routers are on the host and have the generation that is known."""
    query = select(routers.c.id, routers.c.generation).where(routers.c.id.in_(sorted(known)), routers.c.host == host)
    return [row["id"] for row in tx.all(query) if row["generation"] == known[row["id"]]]


def waiting(tx: Transaction) -> list[Router]:
    """Routers that no host has."""
    return rows.many(tx, Router, select(routers).where(routers.c.host.is_(None)).order_by(routers.c.id))


def interfaces(tx: Transaction, router_ids: Sequence[str]) -> list[Port]:
    """The ports by which routers join networks, without gateways."""
    plugged = port_store.of_devices(tx, router_ids)
    return [port for port in plugged if port.device_owner == ROUTER_INTERFACE]


def on_networks(tx: Transaction, network_ids: Iterable[str]) -> list[str]:
    """Routers with a port on one of the networks."""
    query = (
        select(ports.c.device_id)
        .where(ports.c.plugged)
        .where(
            ports.c.network_id.in_(sorted(set(network_ids))),
            ports.c.device_owner.in_((ROUTER_INTERFACE, ROUTER_GATEWAY)),
        )
    )
    return sorted({row["device_id"] for row in tx.all(query)})


def reaching(tx: Transaction, subnet_id: str, external_network_id: str) -> list[str]:
    """Routers with an interface on the subnet whose gateway is on the external network."""
    gateway = ports.alias("gateway")
    joined = (
        ip_allocations.join(ports, ports.c.id == ip_allocations.c.port_id)
        .join(routers, routers.c.id == ports.c.device_id)
        .join(gateway, gateway.c.id == routers.c.gateway_port_id)
    )
    query = (
        select(routers.c.id)
        .select_from(joined)
        .where(
            ip_allocations.c.subnet_id == subnet_id,
            ports.c.device_owner == ROUTER_INTERFACE,
            ports.c.plugged,
            gateway.c.network_id == external_network_id,
        )
        .order_by(routers.c.created_at, routers.c.id)
    )
    return [row["id"] for row in tx.all(query)]
