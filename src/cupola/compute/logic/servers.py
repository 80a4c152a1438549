"""Servers: seen, listed and changed. Making and deleting them is next door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base import ledger
from cupola.base.context import Context
from cupola.base.db.paging import Page
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.lookup import server_in
from cupola.compute.model.listing import Listing
from cupola.compute.model.server import Details, Server
from cupola.compute.model.service import COMPUTE, ServiceState
from cupola.compute.policies import servers as policies
from cupola.compute.store import servers as store
from cupola.compute.store import services
from cupola.network import interface as network
from cupola.network.interface import GroupRules

TOLD = {"name", "hostname"}
"""Columns that a host is told of."""


def details_in(tx: Transaction, servers: Sequence[Server]) -> list[Details]:
    """Servers with their addresses, groups and hosts; the number of statements does not depend on how many."""
    ids = [server.id for server in servers]
    addresses = network.addresses_of(tx, ids)
    groups = network.security_groups_of(tx, ids)
    hosts = services.of_hosts(tx, {server.host for server in servers if server.host}, COMPUTE)
    found = []
    for server in servers:
        host = hosts.get(server.host or "")
        found.append(
            Details(
                server=server,
                addresses=addresses.get(server.id, ()),
                security_groups=groups.get(server.id, ()),
                zone=host.zone if host else server.availability_zone or "",
                host_status=_host_status(host) if server.host else "",
            )
        )
    return found


def _host_status(host: ServiceState | None) -> str:
    if host is None:
        return "UNKNOWN"
    if host.service.disabled:
        return "MAINTENANCE"
    return "UP" if host.alive else "DOWN"


def show(ctx: Context, rule: str, server_id: str) -> Details:
    """A server with its details, to whoever may do `rule` to it."""
    return ctx.read("server.show", lambda tx: details_in(tx, [server_in(tx, ctx, rule, server_id)])[0])


def get(ctx: Context, rule: str, server_id: str, deleted: bool = False) -> Server:
    """A server as it is recorded."""
    return ctx.read("server.get", lambda tx: server_in(tx, ctx, rule, server_id, deleted=deleted))


def groups(ctx: Context, rule: str, server_id: str) -> list[GroupRules]:
    """The security groups of a server with their rules."""

    def read(tx: Transaction) -> list[GroupRules]:
        return network.groups_with_rules_of(tx, server_in(tx, ctx, rule, server_id).id)

    return ctx.read("server.security_groups", read)


def listed(ctx: Context, listing: Listing, page: Page, rule: str) -> list[Server]:
    """A page of servers. `rule` is asked for the project that the listing is limited to."""
    ctx.authorize(rule)
    return ctx.read("server.list", lambda tx: store.listed(tx, listing, page))


def listed_with_details(ctx: Context, listing: Listing, page: Page, rule: str) -> list[Details]:
    """The same, with details."""
    ctx.authorize(rule)
    return ctx.read("server.list", lambda tx: details_in(tx, store.listed(tx, listing, page)))


def update(ctx: Context, server_id: str, changes: dict[str, Any]) -> Details:
    """Change columns of a server that its owner may change."""

    def write(tx: Transaction) -> Details:
        server = server_in(tx, ctx, policies.UPDATE, server_id, lock=True)
        new = {name: value for name, value in changes.items() if getattr(server, name) != value}
        if TOLD & set(new):
            server = store.tell(tx, server, **new)
            announce(tx, ctx, server)
        elif new:
            server = store.update(tx, server, **new)
        return details_in(tx, [server])[0]

    return ctx.transact("server.update", write)


def announce(tx: Transaction, ctx: Context, server: Server) -> None:
    """Let a server's host know at once that its document is a new one; nobody waits for it."""
    if server.host is not None:
        ctx.cloud.operations.outbox.queue(tx, ctx, server.host, "converge", f"server/{server.id}")


def moved(tx: Transaction, ctx: Context, before: Server, after: Server) -> Server:
    """Note in the ledger that a server's status changed, if it did; returns `after`."""
    if before.status != after.status:
        ledger.transition(
            tx, ctx, "server", after.id, {"status": before.status}, {"status": after.status}, after.project_id
        )
    return after
