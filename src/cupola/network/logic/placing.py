"""Where DHCP and routers are: on the first host that is alive and has network. What found none waits for a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.hosts import KIND
from cupola.network.model.port import DHCP
from cupola.network.store import networks, ports, routers, tables


def on_hello(tx: Transaction, ctx: Context, host: str, facts: Mapping[str, Any]) -> None:
    """Place what waited for a host, and tell the others how to reach this one."""
    if KIND not in facts:
        return
    place_waiting(tx, ctx, host)
    on_host = ports.networks_on(tx, host)
    networks.hold(tx, on_host)  # who brings one of them to its second host now must see this one as it is, or be seen
    shared = {network_id for network_id, place in ports.places(tx, on_host) if place != host}
    networks_changed(tx, ctx, shared)


def place_waiting(tx: Transaction, ctx: Context, host: str) -> None:
    waiting = ports.where(tx, tables.ports.c.device_owner == DHCP, tables.ports.c.host.is_(None))
    for port in waiting:
        rows.update(tx, tables.ports, port, host=host)
    networks_changed(tx, ctx, [port.network_id for port in waiting])
    for router in routers.waiting(tx):
        move_router_in(tx, ctx, router.id, host)


def move_router_in(tx: Transaction, ctx: Context, router_id: str, host: str) -> None:
    """Let `host` run the router: its ports are bound there."""
    tx.execute(tables.routers.update().where(tables.routers.c.id == router_id).values(host=host))
    ports.bind_device(tx, router_id, host)  # now that the router gets no other one meanwhile
    on = [port.network_id for port in ports.of_devices(tx, [router_id])]
    networks_changed(tx, ctx, on)
    routers_changed(tx, ctx, [router_id])
