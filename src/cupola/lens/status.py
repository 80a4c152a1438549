"""What runs, at a glance: hosts, work under way, upkeep."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import all_hosts
from cupola.base.operations.tables import operations, outbox


def status(ctx: Context) -> dict[str, Any]:
    """Hosts with their facts, and how many operations and messages are under way."""

    def read(tx: Transaction) -> dict[str, Any]:
        return {
            "hosts": [
                {
                    "name": host.name,
                    "alive": host.alive(tx.now),
                    "seen_at": host.seen_at.isoformat(timespec="seconds"),
                    "facts": dict(host.facts),
                }
                for host in all_hosts(tx)
            ],
            "operations": tx.scalar(
                select(func.count()).select_from(operations).where(operations.c.ended_at.is_(None))
            ),
            "messages": tx.scalar(select(func.count()).select_from(outbox).where(outbox.c.state == "out")),
        }

    return ctx.read("lens.status", read)
