"""Hosts as the control plane knows them: an agent says hello with its facts, and again every few seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import many
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Conflict
from cupola.base.hosts.tables import hosts

DEFAULT_ZONE = "nova"
"""Where hosts are until somebody says otherwise."""
ALIVE_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Host:
    """A host: where an agent runs. `facts` are what its parts say of themselves, by part name; `agent` tells agents
    of different machines apart."""

    name: str
    zone: str
    facts: Mapping[str, Any]
    started_at: datetime
    seen_at: datetime
    agent: str | None = None

    def alive(self, now: datetime) -> bool:
        """Whether its agent was heard of lately."""
        return abs(now - self.seen_at) < ALIVE_WITHIN


class HostTaken(Conflict):
    """Another agent speaks for the host."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Another agent speaks for host {name}: give this one another name ([DEFAULT] host), or end the other; "
            f"it may take the name when that has been silent for {ALIVE_WITHIN.total_seconds():.0f} s."
        )


def heard(tx: Transaction, name: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None = None) -> bool:
    """Note that a host's agent is there. Returns whether it is new here, was started anew, or had been silent.

    Raises HostTaken when another was heard of lately: one of another state directory, or one of the same (a copy) that
    was started later.
    """
    if _nothing_new(tx, name, facts, started_at, agent):
        return False
    query = select(hosts.c.started_at, hosts.c.facts, hosts.c.seen_at, hosts.c.agent).where(hosts.c.name == name)
    seen = tx.first(query.with_for_update() if tx.locks_rows else query)
    values = {"facts": dict(facts), "started_at": started_at, "seen_at": tx.now, "agent": agent}
    if seen is None:
        tx.execute(insert(hosts).values(name=name, zone=DEFAULT_ZONE, **values))
        return True
    silent = abs(tx.now - seen["seen_at"]) >= ALIVE_WITHIN
    another = None not in (agent, seen["agent"]) and agent != seen["agent"]
    if not silent and (another or started_at < seen["started_at"]):
        raise HostTaken(name)
    tx.execute(sql_update(hosts).where(hosts.c.name == name).values(**values))
    return bool(silent or seen["started_at"] != started_at or seen["facts"] != dict(facts))


def _nothing_new(tx: Transaction, name: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None) -> bool:
    """Note in one statement that the agent that was heard of lately says the same as then; whether it does."""
    same = (
        hosts.c.name == name,
        hosts.c.started_at == started_at,
        hosts.c.agent.is_(None) if agent is None else hosts.c.agent == agent,
        hosts.c.facts == dict(facts),
        hosts.c.seen_at > tx.now - ALIVE_WITHIN,
        hosts.c.seen_at < tx.now + ALIVE_WITHIN,
    )
    return bool(tx.execute(sql_update(hosts).where(*same).values(seen_at=tx.now)).rowcount)


def all_hosts(tx: Transaction) -> list[Host]:
    return many(tx, Host, select(hosts).order_by(hosts.c.name))


def named(tx: Transaction, names: Collection[str]) -> list[Host]:
    """Those of the hosts that there are."""
    return many(tx, Host, select(hosts).where(hosts.c.name.in_(sorted(names)))) if names else []


def known(tx: Transaction, names: Collection[str]) -> set[str]:
    """Which of the names are those of hosts."""
    if not names:
        return set()
    return {row["name"] for row in tx.all(select(hosts.c.name).where(hosts.c.name.in_(sorted(names))))}


def set_zone(tx: Transaction, names: Collection[str], zone: str) -> None:
    """Let hosts be in an availability zone."""
    tx.execute(sql_update(hosts).where(hosts.c.name.in_(names)).values(zone=zone))
