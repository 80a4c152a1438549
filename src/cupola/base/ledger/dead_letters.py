"""What a broker gave up, written into the ledger: the conductor's component that empties the queue `dead`.

A copy that waited too long for its host is no news, since the relay sends another. What is: a message that nobody could
read, and one that was delivered again and again because whoever took it died or forgot it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from cupola.base.bus.message import DEAD, Message
from cupola.base.bus.protocol import Bus
from cupola.base.context import Cloud, system_context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Unavailable
from cupola.base.ids import request_id
from cupola.base.ledger.tables import dead_letters
from cupola.base.observe.metrics import DEAD_LETTERS

NO_NEWS = ("expired", "maxlen")
"""Reasons (RabbitMQ's words) that say nothing of the message."""
KEPT = timedelta(days=30)
TRY_AGAIN = timedelta(seconds=10)


class DeadLetters:
    """Records each dead letter once, then acknowledges it."""

    name = DEAD

    def __init__(self, cloud: Cloud, bus: Bus) -> None:
        self._cloud = cloud
        self._bus = bus

    def step(self, now: datetime) -> datetime | None:
        deliveries = self._bus.receive(DEAD)
        news = [each.message for each in deliveries if each.message.payload["reason"] not in NO_NEWS]
        if news:
            ctx = system_context(self._cloud, request_id(self._cloud.ids))
            try:
                ctx.transact("dead_letters.record", lambda tx: _record(tx, news))
            except Unavailable:
                self._bus.requeue(DEAD)
                return now + TRY_AGAIN
        for delivery in deliveries:
            delivery.ack()
        return now if self._bus.depth(DEAD) else None


def _record(tx: Transaction, messages: list[Message]) -> None:
    rows = {message.id: _row(message, tx.now) for message in messages}
    known = tx.all(select(dead_letters.c.id).where(dead_letters.c.id.in_(rows)))
    for row in known:
        del rows[row["id"]]
    if rows:
        tx.execute(insert(dead_letters), list(rows.values()))
        tx.after_commit(lambda: DEAD_LETTERS.inc(len(rows)))
    tx.execute(delete(dead_letters).where(dead_letters.c.recorded_at < tx.now - KEPT))


def _row(message: Message, now: datetime) -> dict[str, object]:
    said = message.payload
    return {
        "id": message.id,
        "queue": said["queue"][:255],
        "reason": said["reason"][:64],
        "message_id": said["message_id"][:64],
        "type": said["type"][:32],
        "subject": message.subject[:255],
        "request_id": message.request_id[:64] or None,
        "body": said["body"].replace("\x00", "\\x00"),
        "recorded_at": now,
    }
