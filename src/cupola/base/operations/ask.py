"""Asking a host something while a client waits: console text, what is there. It goes the way of all messages."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from cupola.base.bus.report import Report
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.operations.tables import outbox

FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.1
"""seconds between looks for the answer"""


def ask(
    ctx: Context, host: str, type_: str, subject: str, payload: dict[str, Any] | None = None, wait: float = 10.0
) -> Report | None:
    """Send a message and wait up to `wait` seconds for its report; None when there was none.

    A question changes nothing and leaves nothing behind: what was answered may be as large and as secret as a console.
    One that was not answered in time is given up: nobody is there any more to hear the answer.
    """
    asking = dataclasses.replace(ctx, call=None, operation_id=None, step="ask")
    deadline = ctx.now() + timedelta(seconds=wait)
    message_id = asking.transact(
        "ask.send",
        lambda tx: ctx.cloud.operations.outbox.queue(tx, asking, host, type_, subject, payload, deadline),
    )
    try:
        return _answer(ctx, message_id, deadline)
    finally:
        asking.transact("ask.forget", lambda tx: rows.remove(tx, outbox, outbox.c.id == message_id))


def _answer(ctx: Context, message_id: str, deadline: datetime) -> Report | None:
    answer = select(outbox.c.report).where(outbox.c.id == message_id, outbox.c.state == "done")
    pause = FIRST_PAUSE
    while True:
        row = ctx.read("ask.look", lambda tx: tx.first(answer))
        if row is not None:
            return Report.from_payload(row["report"])
        if ctx.now() >= deadline:
            return None
        ctx.cloud.wait(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
