"""The conductor's component that hands notifications to the broker, in oslo.messaging's envelope (version 2).

At least once: a row goes when the broker has confirmed it. Listeners know a copy by its `_unique_id`. Nothing waits for
a broker that is away; of what gathers meanwhile the newest are kept. Of several conductors one sends at a time, so that
what ended is not told before what began, and nothing twice that went well.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy import update as sql_update

from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Duplicate, Row, Transaction
from cupola.base.errors import StaleWrite
from cupola.base.events.record import SENDER
from cupola.base.events.settings import NotificationSettings
from cupola.base.events.tables import notifications, turns
from cupola.base.ids import request_id

log = logging.getLogger(__name__)

BATCH = 100
KEPT_MOST = 100_000
"""Notifications that wait for a broker; beyond that the oldest are dropped."""
POLL = timedelta(seconds=5)
AWAY = timedelta(seconds=10)
CONFIRM_WITHIN = 10
"""seconds"""
TURN = timedelta(seconds=60)
"""A sender that is silent for so long is dead, and another one sends."""
OURS = turns.c.number == 1

Connect = Callable[[], Any]
"""Opens a connection (of kombu's AMQP transport) with whichever broker answers. Raises OSError and the like."""


class Sender:
    """Sends what waits, oldest first, by a connection that is closed when nothing is left."""

    name = SENDER

    def __init__(self, cloud: Cloud, settings: NotificationSettings, connect: Connect) -> None:
        self._cloud = cloud
        self._settings = settings
        self._connect = connect
        self._me = cloud.ids.uuid()
        self._connection: Any = None
        self._away = False

    def step(self, now: datetime) -> datetime | None:
        ctx = system_context(self._cloud, request_id(self._cloud.ids))
        if not ctx.read("notifications.look", lambda tx: tx.scalar(select(notifications.c.id).limit(1))):
            self._hang_up()
            return now + POLL
        rows = ctx.transact("notifications.take", self._take)
        if not rows:
            self._hang_up()
            return now + POLL
        confirmed: list[str] = []
        try:
            self._send(rows, confirmed)
        except Exception as error:  # noqa: BLE001 - the library raises of many kinds, and all mean: not now
            self._hang_up()
            if not self._away:
                log.warning("notifications wait for the broker: %s", str(error) or type(error).__name__)
            self._away = True
            ctx.transact("notifications.sent", lambda tx: self._sent(tx, confirmed))
            self._bound(ctx)
            return now + AWAY
        self._away = False
        ctx.transact("notifications.sent", lambda tx: self._sent(tx, confirmed))
        return now

    def _take(self, tx: Transaction) -> list[Row]:
        """What waits longest; nothing, if another one sends. A turn that is much longer than one was written by a clock
        that was set back since, not by one that is a little ahead."""
        free = or_(turns.c.sender == self._me, turns.c.until <= tx.now, turns.c.until > tx.now + 2 * TURN)
        mine = {"sender": self._me, "until": tx.now + TURN}
        if not tx.execute(sql_update(turns).where(OURS, free).values(**mine)).rowcount:
            if tx.scalar(select(turns.c.number).where(OURS)):
                return []
            try:
                tx.execute(insert(turns).values(number=1, **mine))
            except Duplicate as error:
                raise StaleWrite("turn of", SENDER) from error
        waiting = select(notifications).order_by(notifications.c.at, notifications.c.id).limit(BATCH)
        rows = tx.all(waiting)
        if not rows:
            self._leave(tx)
        return rows

    def _sent(self, tx: Transaction, confirmed: Sequence[str]) -> None:
        tx.execute(delete(notifications).where(notifications.c.id.in_(confirmed)))
        self._leave(tx)

    def _leave(self, tx: Transaction) -> None:
        """Let the others have the next turn."""
        tx.execute(sql_update(turns).where(OURS, turns.c.sender == self._me).values(until=tx.now))

    def _send(self, rows: Sequence[Row], confirmed: list[str]) -> None:
        """Send rows in their order, and note those that are confirmed; no more of them when half the turn is over."""
        import amqp

        end = time.monotonic() + TURN.total_seconds() / 2

        if self._connection is None:
            self._connection = self._connect()
        channel = self._connection.channel()
        for priority in sorted({row["priority"] for row in rows}):
            self._declare(channel, self._queue(priority))
        for row in rows:
            content = amqp.Message(
                envelope(row),
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=2,
                message_id=row["id"],
            )
            queue = self._queue(row["priority"])
            channel.basic_publish_confirm(content, self._settings.exchange, queue, timeout=CONFIRM_WITHIN)
            confirmed.append(row["id"])
            if time.monotonic() > end:
                break
        channel.close()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect()

    def _queue(self, priority: str) -> str:
        return f"{self._settings.topic}.{priority.lower()}"

    def _declare(self, channel: Any, queue: str) -> None:
        """As a listener does that has all defaults: what is told before the first one comes waits for it."""
        exchange, durable = self._settings.exchange, self._settings.durable
        channel.exchange_declare(exchange, "topic", durable=durable, auto_delete=False)
        channel.queue_declare(queue, durable=durable, auto_delete=False)
        channel.queue_bind(queue, exchange, queue)

    def _bound(self, ctx: Context) -> None:
        """Drop the oldest of too many."""
        count = select(func.count()).select_from(notifications)
        extra = int(ctx.read("notifications.count", lambda tx: tx.scalar(count))) - KEPT_MOST
        if extra > 0:
            oldest = select(notifications.c.id).order_by(notifications.c.at, notifications.c.id).limit(extra)
            ids = [row["id"] for row in ctx.read("notifications.oldest", lambda tx: tx.all(oldest))]
            gone = delete(notifications).where(notifications.c.id.in_(ids))
            ctx.transact("notifications.drop", lambda tx: tx.execute(gone))
            log.warning("dropped the oldest %d notifications: no broker takes them", extra)


def envelope(row: Row) -> bytes:
    """A notification as oslo.messaging has it on the wire."""
    message = {
        "message_id": row["id"],
        "publisher_id": row["publisher_id"],
        "event_type": row["event_type"],
        "priority": row["priority"],
        "payload": row["payload"],
        "timestamp": row["at"].strftime("%Y-%m-%d %H:%M:%S.%f"),
        "_unique_id": row["id"].replace("-", ""),
        **{f"_context_{name}": value for name, value in row["context"].items()},
    }
    return orjson.dumps({"oslo.version": "2.0", "oslo.message": orjson.dumps(message).decode()})
