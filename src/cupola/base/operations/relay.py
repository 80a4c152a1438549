"""Sends what is due and has not been reported: the conductor's component that makes messages certain."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import update as sql_update

from cupola.base.bus.protocol import Bus
from cupola.base.context import Cloud, system_context
from cupola.base.db.transaction import Row, Transaction
from cupola.base.ids import request_id
from cupola.base.observe.metrics import DEAD, RESENT
from cupola.base.operations.outbox import RELAY, RESEND_FIRST, RESEND_MOST, UNSENT, Outbox
from cupola.base.operations.tables import has_come, outbox

BATCH = 100
PAUSE = timedelta(seconds=1)


def _overdue(now: datetime) -> ColumnElement[bool]:
    return has_come(outbox.c.next_send_at, now, RESEND_MOST)


def _is_dead(row: Row, now: datetime) -> bool:
    return row["deadline"] is not None and bool(row["deadline"] <= now)


class Relay:
    """Publishes overdue outbox rows; gives up (state `dead`) those past their deadline."""

    name = RELAY

    def __init__(self, cloud: Cloud, bus: Bus, messages: Outbox) -> None:
        self._cloud = cloud
        self._bus = bus
        self._messages = messages

    def step(self, now: datetime) -> datetime | None:
        ctx = system_context(self._cloud, request_id(self._cloud.ids))
        look = select(outbox.c.id).where(_overdue(now)).limit(1)
        if not ctx.read("relay.look", lambda tx: tx.scalar(look)):
            return self._next(now)
        claimed = ctx.transact("relay.resend", lambda tx: self._claim(tx, now))
        for row in claimed:
            if not _is_dead(row, now):
                self._bus.publish(self._messages.message(row))
        return self._next(now) if claimed else now + PAUSE  # others have what is due, and may have it for long

    def _next(self, now: datetime) -> datetime:
        ctx = system_context(self._cloud, "relay")
        first = ctx.read("relay.next", lambda tx: tx.scalar(select(func.min(outbox.c.next_send_at))))
        return min(first, now + RESEND_FIRST) if first else now + RESEND_FIRST

    def _claim(self, tx: Transaction, now: datetime) -> list[Row]:
        due = select(outbox).where(_overdue(now)).order_by(outbox.c.next_send_at).limit(BATCH)
        rows = tx.all(due.with_for_update(skip_locked=True) if tx.locks_rows else due)
        for row in rows:
            dead = _is_dead(row, now)
            first = row["sends"] == UNSENT
            if first:
                row["payload"] = row["payload"] | {"asks": row["asks"]}
            wait = min(RESEND_FIRST * 2 ** min(row["sends"] + 1, 6), RESEND_MOST)
            changes = (
                {"state": "dead", "next_send_at": None, "error": "no report before the deadline"}
                if dead
                else {"sends": row["sends"] + 1, "next_send_at": now + wait, "sent_at": now}
                | ({"payload": row["payload"]} if first else {})
            )
            tx.execute(sql_update(outbox).where(outbox.c.id == row["id"]).values(**changes))
        given_up = sum(_is_dead(row, now) for row in rows)
        again = sum(row["sends"] != UNSENT and not _is_dead(row, now) for row in rows)
        tx.after_commit(lambda: RESENT.inc(again))
        tx.after_commit(lambda: DEAD.inc(given_up))
        return rows
