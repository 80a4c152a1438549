"""The ledger: requests and transitions, written by transactions that happen anyway.

Steps are in the journal and messages in the outbox: each fact is kept once, and `lens/` puts them together.
Requests are kept when they change something, or when a known caller's fail in trying.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Insert, insert
from sqlalchemy import update as sql_update

from cupola.base.context import Call, Context
from cupola.base.db.transaction import Transaction
from cupola.base.ledger.tables import requests, transitions

LONGEST = 4000
"""characters of a path or message that are kept"""


def transition(
    tx: Transaction,
    ctx: Context,
    resource_type: str,
    resource_id: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    project_id: str | None = None,
) -> None:
    """Note that a resource went from `old` to `new` (None: it did not exist), and by which request and step."""
    tx.execute(
        insert(transitions).values(
            id=ctx.ids.uuid(),
            resource_type=resource_type,
            resource_id=resource_id,
            project_id=project_id or ctx.project_id,
            old=None if old is None else dict(old),
            new=None if new is None else dict(new),
            request_id=ctx.request_id,
            operation_id=ctx.operation_id,
            step=ctx.step,
            at=tx.now,
        )
    )


def record_change(tx: Transaction) -> None:
    """Note the request with its first change, in the same commit. `Database` calls this before each commit."""
    ctx = tx.ctx
    if ctx.call is None or ctx.marks.recorded or not tx.rows_written:
        return
    tx.witness = _insert(tx, ctx, ctx.call, ctx.call.success, None)

    def recorded() -> None:
        ctx.marks.recorded = True

    tx.after_commit(recorded)


def record_end(ctx: Context, call: Call, status: int, error: str | None) -> None:
    """Note how a request ended, if its first change did not say so already.

    What nobody we know was refused is in the log alone: else anybody could fill the database.
    """
    recorded = ctx.marks.recorded

    def write(tx: Transaction) -> None:
        if recorded:
            changes = {"status": status, "error": storable(error)}
            tx.execute(sql_update(requests).where(requests.c.id == ctx.request_id).values(**changes))
        else:
            _insert(tx, ctx, call, status, error)
            ctx.marks.recorded = True  # this is no change of the request's own that would have to be noted

    if recorded and status == call.success:
        return
    failed = status >= 500 or (status >= 400 and call.method not in ("GET", "HEAD"))
    if recorded or (failed and ctx.user_id is not None):
        ctx.transact("ledger.request", write)


def _insert(tx: Transaction, ctx: Context, call: Call, status: int, error: str | None) -> Insert:
    statement = insert(requests).values(
        id=ctx.request_id,
        global_id=ctx.global_request_id,
        service=call.service,
        method=call.method,
        path=storable(call.path),
        route=call.route,
        user_id=ctx.user_id,
        user_name=ctx.caller.user_name,
        project_id=ctx.project_id,
        status=status,
        error=storable(error),
        statements=tx.statements,
        milliseconds=round((tx.now - call.started_at).total_seconds() * 1000),
        started_at=call.started_at,
    )
    tx.execute(statement)
    return statement


def storable(text: str | None) -> str | None:
    """What users or hosts sent may be of any length and hold characters that a database refuses."""
    return None if text is None else text[:LONGEST].replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
