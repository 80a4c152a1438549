"""What must hold of each server: what is being done to it, somebody is doing; its ports are there, and nobody else's.

Both change together with the server in one transaction, so a difference is a fault, or a hand in the database.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.base.operations.tables import operations
from cupola.compute.model.states import BUILDING
from cupola.compute.store import servers
from cupola.network import interface as network


def work_is_done(tx: Transaction) -> Iterator[Finding]:
    """Every server in a state of passage has a live operation."""
    live = {row["live_key"] for row in tx.all(select(operations.c.live_key).where(operations.c.live_key.is_not(None)))}
    for server in servers.alive(tx):
        passing = server.task_state or (BUILDING if server.vm_state == BUILDING else None)
        if passing is not None and server.id not in live:
            yield Finding(
                "server.stuck",
                f"server/{server.id}",
                f"The server is {passing} and no operation is at work on it.",
                f"`openstack server set --state error {server.id}`, then start or delete it; report what led here.",
                server.host,
            )


def ports_match(tx: Transaction) -> Iterator[Finding]:
    """Every interface of a server is a port of its own, on its host; no port was made for a server that is gone."""
    ports = network.ports_of_servers(tx)
    alive = {server.id: server for server in servers.alive(tx)}
    for server in alive.values():
        for nic in server.interfaces:
            port = ports.get(nic.port_id)
            if port is None or port.server_id != server.id:
                state = "not there" if port is None else "not bound to it"
                yield Finding(
                    "port.missing",
                    f"server/{server.id}",
                    f"The server has port {nic.port_id}, which is {state}.",
                    "Upkeep takes the interface out of the server within minutes.",
                    server.host,
                )
            elif port.host != server.host:
                yield Finding(
                    "port.elsewhere",
                    f"port/{nic.port_id}",
                    f"The port is bound to host {port.host or 'none'}, its server is on {server.host or 'none'}.",
                    f"Take the port out of server {server.id} and put it in again.",
                    server.host,
                )
    for port in ports.values():
        if port.made_for is not None and port.made_for not in alive:
            yield Finding(
                "port.orphan",
                f"port/{port.port_id}",
                f"The port was made for server {port.made_for}, which does not exist.",
                f"`openstack port delete {port.port_id}`",
                port.host,
            )
