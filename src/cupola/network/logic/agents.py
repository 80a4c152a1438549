"""What of the network runs where, in the words of clients: each network host plugs, serves DHCP and routes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import Host, all_hosts
from cupola.network.errors import AgentNotFound
from cupola.network.logic.hosts import KIND

TYPES = ("Linux bridge agent", "DHCP agent", "L3 agent")


@dataclass(frozen=True)
class Agent:
    """One of a host's tasks."""

    id: str
    type: str
    host: Host
    alive: bool


def listed(ctx: Context) -> list[Agent]:
    """Those that the caller may see: all or none."""

    def read(tx: Transaction) -> list[Agent]:
        ctx.authorize("regular_user")
        if not ctx.may("get_agent", {}):
            return []
        return [
            Agent(str(uuid.uuid5(uuid.NAMESPACE_URL, f"{host.name}/{type_}")), type_, host, host.alive(tx.now))
            for host in all_hosts(tx)
            if KIND in host.facts
            for type_ in TYPES
        ]

    return ctx.read("agent.list", read)


def show(ctx: Context, id_: str) -> Agent:
    """Raises AgentNotFound."""
    found = next((agent for agent in listed(ctx) if agent.id == id_), None)
    if found is None:
        raise AgentNotFound(id_)
    return found


def zones(ctx: Context) -> list[tuple[str, bool]]:
    """Availability zones that have network hosts, and whether one of these is alive."""

    def read(tx: Transaction) -> list[tuple[str, bool]]:
        ctx.authorize("get_availability_zone")
        hosts = [host for host in all_hosts(tx) if KIND in host.facts]
        names = sorted({host.zone for host in hosts})
        return [(name, any(host.zone == name and host.alive(tx.now) for host in hosts)) for name in names]

    return ctx.read("availability_zone.list", read)
