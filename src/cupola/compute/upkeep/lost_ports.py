"""What must hold: a server has no interface whose port is gone. Who deletes a port does not ask compute."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.upkeep import Loop
from cupola.compute.logic.servers import announce
from cupola.compute.model.server import Server
from cupola.compute.store import servers as store
from cupola.network import interface as network


def one_pass(ctx: Context) -> str:
    """Take interfaces without a port out of the servers that rest."""
    found = ctx.read("upkeep.lost_ports", _with_lost_ports)
    for server_id in found:
        ctx.transact("upkeep.lost_ports", lambda tx, id_=server_id: _take_out(tx, ctx, id_))  # type: ignore[misc]
    return f"{len(found)} servers had interfaces without a port"


def _with_lost_ports(tx: Transaction) -> list[str]:
    servers = [server for server in store.alive(tx) if server.host is not None and server.task_state is None]
    there = network.ports_of(tx, [server.id for server in servers])
    known = {server_id: {port.port_id for port in ports} for server_id, ports in there.items()}
    return [server.id for server in servers if _lost(server, known[server.id])]


def _lost(server: Server, known: set[str]) -> bool:
    return any(nic.port_id not in known for nic in server.interfaces)


def _take_out(tx: Transaction, ctx: Context, server_id: str) -> None:
    server = store.find(tx, server_id, lock=True)
    if server is None or server.deleted_at is not None or server.task_state is not None:
        return
    known = {port.port_id for port in network.ports_of(tx, [server_id])[server_id]}
    if _lost(server, known):
        kept = [nic for nic in server.nics if nic["port_id"] in known]
        announce(tx, ctx, store.tell(tx, server, nics=kept))


LOOP = Loop("compute.lost_ports", timedelta(seconds=60), one_pass)
