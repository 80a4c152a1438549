"""Messages that must arrive: written with the change they announce, ended by the report they ask for.

A row is published right after its commit and, until its report is recorded, again and again with the same id. So a
broker that loses everything costs time, never work. Without a deadline a row waits for
its host however long that takes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update

from cupola.base.bus.message import Message, host_topic
from cupola.base.bus.protocol import Bus
from cupola.base.bus.report import Report
from cupola.base.clock import Clock
from cupola.base.context import Context
from cupola.base.db.transaction import Row, Transaction
from cupola.base.hosts.seal import sealed_order
from cupola.base.ledger import storable
from cupola.base.observe.metrics import ANSWER, LAG
from cupola.base.operations.tables import outbox

log = logging.getLogger(__name__)

RESEND_FIRST = timedelta(seconds=5)
RESEND_MOST = timedelta(seconds=60)


class Outbox:
    """Queues messages inside a transaction and publishes them after its commit."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    def queue(
        self,
        tx: Transaction,
        ctx: Context,
        host: str,
        type_: str,
        subject: str,
        payload: dict[str, Any] | None = None,
        deadline: datetime | None = None,
        message_id: str | None = None,
    ) -> str:
        """Write a message for `host` into this transaction; returns its id."""
        row = self._row(tx, ctx, host, type_, subject) | {"payload": payload or {}, "deadline": deadline}
        if message_id is not None:
            row["id"] = message_id
        if type_ != "converge":
            row["payload"] = sealed_order(tx, host, self.message(row))
        self._write(tx, [row])
        return str(row["id"])

    def converge(self, tx: Transaction, ctx: Context, wanted: Iterable[tuple[str, str]]) -> None:
        """Tell hosts, in one statement, what to look at again: pairs of a host and a subject ("network/<id>")."""
        self._write(tx, [self._row(tx, ctx, host, "converge", subject) for host, subject in wanted])

    def _write(self, tx: Transaction, rows: Sequence[Row]) -> None:
        if rows:
            tx.execute(insert(outbox), rows)
            tx.after_commit(lambda: self._publish(rows))

    def _publish(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._bus.publish(self.message(row))

    @staticmethod
    def _row(tx: Transaction, ctx: Context, host: str, type_: str, subject: str) -> Row:
        return {
            "id": ctx.ids.uuid(),
            "topic": host_topic(host),
            "type": type_,
            "subject": subject,
            "payload": {},
            "request_id": ctx.request_id,
            "operation_id": ctx.operation_id,
            "step": ctx.step,
            "state": "out",
            "sends": 0,
            "next_send_at": tx.now + RESEND_FIRST,
            "deadline": None,
            "queued_at": tx.now,
        }

    def message(self, row: Row) -> Message:
        return Message(
            id=row["id"],
            topic=row["topic"],
            type=row["type"],
            subject=row["subject"],
            payload=row["payload"],
            request_id=row["request_id"],
            operation_id=row["operation_id"],
            sent_at=self._clock.now().isoformat(),
            deadline=row["deadline"].isoformat() if row["deadline"] else "",
        )


def end(tx: Transaction, report: Report, subject: str, sent_at: str) -> Row | None:
    """Record the report, about `subject`, that ends a message. Returns the row as it was; None when there is nothing to
    record: the message has ended, is not one of ours, or was another one (that is logged: it should not happen).
    """
    query = select(outbox).where(outbox.c.id == report.message_id, outbox.c.state == "out")
    row = tx.first(query.with_for_update() if tx.locks_rows else query)
    if row is None:
        return None
    if row["topic"] != host_topic(report.host):
        log.warning("host %s reported message %s, which was sent to %s: refused", report.host, row["id"], row["topic"])
        return None
    if (report.asked or row["type"], subject) != (row["type"], row["subject"]):
        log.warning("host %s reported %s of %s for message %s: refused", report.host, report.asked, subject, row["id"])
        return None
    sent, received = _moment(sent_at), _moment(report.received_at)
    if sent and received:
        tx.after_commit(lambda: LAG.observe(max(0.0, (received - sent).total_seconds())))
    tx.after_commit(lambda: ANSWER.observe((tx.now - row["queued_at"]).total_seconds()))
    tx.execute(
        sql_update(outbox)
        .where(outbox.c.id == report.message_id)
        .values(
            state="done",
            next_send_at=None,
            sent_at=sent,
            received_at=received,
            done_at=_moment(report.done_at),
            report=report.to_payload(),
            error=None if report.ok or report.error is None else storable(str(report.error.get("message", ""))),
        )
    )
    return row


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
