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
from cupola.base.hosts.tables import hosts

DEFAULT_ZONE = "nova"
"""Where hosts are until somebody says otherwise."""
ALIVE_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Host:
    """A host: where an agent runs. `facts` are what its parts say of themselves, by part name."""

    name: str
    zone: str
    facts: Mapping[str, Any]
    started_at: datetime
    seen_at: datetime

    def alive(self, now: datetime) -> bool:
        """Whether its agent was heard of lately."""
        return abs(now - self.seen_at) < ALIVE_WITHIN


def heard(tx: Transaction, name: str, facts: Mapping[str, Any], started_at: datetime) -> bool:
    """Note that a host's agent is there. Returns whether it is new here, was started anew, or had been silent."""
    seen = tx.first(select(hosts.c.started_at, hosts.c.facts, hosts.c.seen_at).where(hosts.c.name == name))
    values = {"facts": dict(facts), "started_at": started_at, "seen_at": tx.now}
    if seen is None:
        tx.execute(insert(hosts).values(name=name, zone=DEFAULT_ZONE, **values))
        return True
    tx.execute(sql_update(hosts).where(hosts.c.name == name).values(**values))
    silent = abs(tx.now - seen["seen_at"]) >= ALIVE_WITHIN
    return bool(silent or seen["started_at"] != started_at or seen["facts"] != dict(facts))


def all_hosts(tx: Transaction) -> list[Host]:
    return many(tx, Host, select(hosts).order_by(hosts.c.name))


def known(tx: Transaction, names: Collection[str]) -> set[str]:
    """Which of the names are those of hosts."""
    if not names:
        return set()
    return {row["name"] for row in tx.all(select(hosts.c.name).where(hosts.c.name.in_(sorted(names))))}


def set_zone(tx: Transaction, names: Collection[str], zone: str) -> None:
    """Let hosts be in an availability zone."""
    tx.execute(sql_update(hosts).where(hosts.c.name.in_(names)).values(zone=zone))
