"""Forgetting what is over: operations that ended, messages and requests, and servers that were deleted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import or_, select

from cupola.base.context import Context
from cupola.base.operations.past import Keep, forget
from cupola.base.operations.tables import operations
from cupola.compute.store.tables_servers import servers


def forget_before(
    ctx: Context, before: datetime, keep: Keep = lambda table, rows: None, batches: int | None = None
) -> Counter[str]:
    """Remove what ended, and the servers that were deleted, before a moment; returns how many rows of each table.

    The operations of a server, which are its actions, stay as long as its row.
    """
    lately = or_(servers.c.deleted_at.is_(None), servers.c.deleted_at >= before)
    stays = select(servers.c.id).where(servers.c.id == operations.c.resource_id, lately)
    deleted = (servers, servers.c.deleted_at < before)
    return forget(ctx, before, stays.exists(), [deleted], keep, batches)
