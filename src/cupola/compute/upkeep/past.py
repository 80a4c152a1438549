"""What must hold: what is over is not kept for ever; but of servers that live, their actions are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select

from cupola.base.context import Context
from cupola.base.operations.past import Keep, forget
from cupola.base.operations.tables import operations
from cupola.base.upkeep import Loop
from cupola.compute.store.tables_servers import servers

MOST = 50
"""batches of each table in one pass"""


def forget_before(
    ctx: Context, before: datetime, keep: Keep = lambda table, rows: None, batches: int | None = None
) -> Counter[str]:
    """Remove what ended, and the servers that were deleted, before a moment; returns how many rows of each table."""
    alive = select(servers.c.id).where(servers.c.id == operations.c.resource_id, servers.c.deleted_at.is_(None))
    deleted = (servers, servers.c.deleted_at < before)
    return forget(ctx, before, alive.exists(), [deleted], keep, batches)


def loop(age: timedelta) -> Loop:
    """The loop that keeps as much as `age`."""

    def one_pass(ctx: Context) -> str:
        removed = forget_before(ctx, ctx.now() - age, batches=MOST)
        what = ", ".join(f"{number} {table}" for table, number in sorted(removed.items())) or "nothing"
        return f"{what} older than {age.days} days forgotten"

    return Loop("compute.past", timedelta(hours=1), one_pass)
