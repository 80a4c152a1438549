"""Forgetting what is over: ended operations with their steps, messages and transitions, and the requests behind them.

What an operation that stays refers to stays with it, and what is live is never touched. Rows go in batches, each a
short transaction over ids that were read before: so whoever keeps an archive has written a row before it goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select

from cupola.base.context import Context
from cupola.base.db.transaction import Row, Transaction
from cupola.base.ledger.tables import dead_letters, requests, transitions
from cupola.base.operations.tables import journal, operations, outbox

BATCH = 200

Keep = Callable[[str, Sequence[Row]], None]
"""Is given the rows of a table that are about to go: (table, rows)."""


def forget(
    ctx: Context,
    before: datetime,
    stays: ColumnElement[bool],
    resources: Sequence[tuple[Table, ColumnElement[bool]]] = (),
    keep: Keep = lambda table, rows: None,
    batches: int | None = None,
) -> Counter[str]:
    """Remove what ended before a moment; returns how many rows of each table.

    `stays` is true of operations that are told of as long as their resource lives; `resources` are tables (with an
    `id`) whose rows, where the condition holds, go when no operation on them is left. At most `batches` of each kind.
    """
    mine = operations.c
    on_its_way = select(outbox.c.id).where(outbox.c.operation_id == mine.id, outbox.c.state == "out").exists()
    of_operation = select(mine.id)
    over: list[tuple[Table, ColumnElement[bool]]] = [
        (operations, (mine.ended_at < before) & ~stays & ~on_its_way),
        (
            outbox,
            (outbox.c.state != "out")
            & (outbox.c.queued_at < before)
            & ~of_operation.where(mine.id == outbox.c.operation_id).exists(),
        ),
        (
            transitions,
            (transitions.c.at < before) & ~of_operation.where(mine.request_id == transitions.c.request_id).exists(),
        ),
        (
            requests,
            (requests.c.started_at < before) & ~of_operation.where(mine.request_id == requests.c.id).exists(),
        ),
        (dead_letters, dead_letters.c.recorded_at < before),
        *((table, gone & ~of_operation.where(mine.resource_id == table.c.id).exists()) for table, gone in resources),
    ]
    removed: Counter[str] = Counter()
    for table, condition in over:
        _all(ctx, table, condition, keep, batches, removed)
    return removed


def _all(
    ctx: Context,
    table: Table,
    condition: ColumnElement[bool],
    keep: Keep,
    batches: int | None,
    removed: Counter[str],
) -> None:
    last, done = "", 0
    while batches is None or done < batches:
        following = select(table).where(table.c.id > last, condition).order_by(table.c.id).limit(BATCH)
        rows = ctx.read("past.look", lambda tx, query=following: tx.all(query))  # type: ignore[misc]
        if not rows:
            return
        ids = [row["id"] for row in rows]
        for part, parts in [*(_parts(ctx, ids) if table is operations else ()), (table, rows)]:
            if parts:
                keep(part.name, parts)
                ctx.transact("past.forget", _removal(part, [row["id"] for row in parts], removed))
        last, done = ids[-1], done + 1


def _parts(ctx: Context, ids: list[str]) -> list[tuple[Table, list[Row]]]:
    """What goes with operations, before them."""

    def look(tx: Transaction) -> list[tuple[Table, list[Row]]]:
        return [
            (part, tx.all(select(part).where(part.c.operation_id.in_(ids)))) for part in (journal, outbox, transitions)
        ]

    return ctx.read("past.parts", look)


def _removal(table: Table, ids: list[str], removed: Counter[str]) -> Callable[[Transaction], Any]:
    def body(tx: Transaction) -> None:
        number = tx.execute(delete(table).where(table.c.id.in_(ids))).rowcount
        tx.after_commit(lambda: removed.update({table.name: number}))

    return body
