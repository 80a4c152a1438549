"""Messages that must arrive: written with the change they announce, ended by the report they ask for.

A row is published right after its commit and, until its report is recorded, again and again with the same id. So a
broker that loses everything costs time, never work. Without a deadline a row waits for
its host however long that takes.

What only asks a host to look at a thing again is out once for each host and thing, however often the thing changes: a
change counts up the row's `asks`; the message bears that number, and the report says which one it was about. Where many
hosts have to be told, they are told the later the more they are, and by the relay: what changes meanwhile goes with it.
A network of a hundred hosts would else cost a hundred messages for each server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, insert, literal, select
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
UNSENT = -1
"""`sends` of what waits to be sent for the first time."""
FEW = 8
"""Hosts that are told at once."""
FOR_EACH = timedelta(milliseconds=20)
GATHERED_MOST = timedelta(seconds=2)
"""How long a change waits for further ones, for each of the hosts that have to be told, and at most."""
RELAY = "relay"
"""The component that sends what was not sent with its commit, or not answered."""
HURRIED_MOST = 3
"""Times that a message was sent again after which its host is taken to be away: changes then hurry it no more."""


class Outbox:
    """Queues messages inside a transaction and publishes them after its commit."""

    def __init__(self, bus: Bus, clock: Clock, wake: Callable[[str], None] = lambda component: None) -> None:
        self._bus = bus
        self._wake = wake
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
        """Tell hosts what to look at again: pairs of a host and a subject ("network/<id>"), of things that this
        transaction changed (so that no other one tells of them meanwhile).

        A host that was told and has not answered yet is told again when it has.
        """
        pairs = {f"{host} {subject}": (host, subject) for host, subject in wanted}
        asked = self._ask_again(tx, sorted(pairs)) if pairs else ()
        new = [(live_key, *pair) for live_key, pair in pairs.items() if live_key not in asked]
        wait = _gathering(len(pairs))
        again = {"payload": {"asks": 0} | ({"gather": wait.total_seconds()} if wait else {})}
        rows = [self._row(tx, ctx, host, "converge", subject) | again | {"live_key": key} for key, host, subject in new]
        if wait:
            self._write_for_later(tx, [row | {"sends": UNSENT, "next_send_at": tx.now + wait} for row in rows])
        else:
            self._write(tx, rows)

    @staticmethod
    def _ask_again(tx: Transaction, live_keys: Sequence[str]) -> Collection[str]:
        """Count what is asked of those who were told and have not answered; returns these."""
        soon = tx.now + RESEND_FIRST  # the message may be lost, and the next attempt far off
        due, soonest = outbox.c.next_send_at, literal(soon, outbox.c.next_send_at.type)
        hurried = (due > soonest) & (outbox.c.sends < HURRIED_MOST)
        when = case((due.is_(None) | hurried, soonest), else_=due)
        out = outbox.c.live_key.in_(live_keys)  # or ended by a conductor that knew no such keys: then it lives again
        again = {"state": "out", "asks": outbox.c.asks + 1, "next_send_at": when}
        changed = tx.execute(sql_update(outbox).where(out).values(**again)).rowcount
        if changed in (0, len(live_keys)):
            return live_keys if changed else ()
        return {row["live_key"] for row in tx.all(select(outbox.c.live_key).where(out))}

    def _write(self, tx: Transaction, rows: Sequence[Row]) -> None:
        if rows:
            tx.execute(insert(outbox), rows)
            tx.after_commit(lambda: self._publish(rows))

    def _write_for_later(self, tx: Transaction, rows: Sequence[Row]) -> None:
        if rows:
            tx.execute(insert(outbox), rows)
            tx.after_commit(lambda: self._wake(RELAY))

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
            "asks": 0,
            "live_key": None,
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

    def end(self, tx: Transaction, report: Report, subject: str, sent_at: str) -> Row | None:
        """Record the report, about `subject`, of a message, and end this unless more was asked meanwhile.

        Returns the row as it was; None when there is nothing to record: the message has ended, is not one of ours, was
        another one (that is logged: it should not happen), or a newer one is on its way.
        """
        query = select(outbox).where(outbox.c.id == report.message_id, outbox.c.state == "out")
        row = tx.first(query.with_for_update() if tx.locks_rows else query)
        if row is None or not _fits(row, report, subject):
            return None
        if row["live_key"] is not None:
            told = row["payload"]["asks"]
            if report.asks not in (None, told):  # an answer to what was told before
                return None
            if told < row["asks"]:
                self._tell_again(tx, row)
                return row
        sent, received = _moment(sent_at), _moment(report.received_at)
        if sent and received:
            tx.after_commit(lambda: LAG.observe(max(0.0, (received - sent).total_seconds())))
        tx.after_commit(lambda: ANSWER.observe((tx.now - row["queued_at"]).total_seconds()))
        ended = {
            "state": "done",
            "next_send_at": None,
            "live_key": None,
            "sent_at": sent,
            "received_at": received,
            "done_at": _moment(report.done_at),
            "report": report.to_payload(),
            "error": None if report.ok or report.error is None else storable(str(report.error.get("message", ""))),
        }
        tx.execute(sql_update(outbox).where(outbox.c.id == row["id"]).values(**ended))
        return row

    def _tell_again(self, tx: Transaction, row: Row) -> None:
        wait = timedelta(seconds=row["payload"].get("gather", 0))
        more = {
            "payload": row["payload"] | {"asks": row["asks"]},
            "next_send_at": tx.now + (wait or RESEND_FIRST),
            "queued_at": tx.now,
            "sends": UNSENT if wait else 0,
        }
        tx.execute(sql_update(outbox).where(outbox.c.id == row["id"]).values(**more))
        tx.after_commit(lambda: self._wake(RELAY) if wait else self._publish([{**row, **more}]))


def _gathering(hosts: int) -> timedelta:
    """How long a change waits for others that as many hosts have to be told of."""
    return timedelta(0) if hosts <= FEW else min(hosts * FOR_EACH, GATHERED_MOST)


def _fits(row: Row, report: Report, subject: str) -> bool:
    """Whether a report is of the host and about the thing that the message was for."""
    if row["topic"] != host_topic(report.host):
        log.warning("host %s reported message %s, which was sent to %s: refused", report.host, row["id"], row["topic"])
        return False
    if (report.asked or row["type"], subject) != (row["type"], row["subject"]):
        log.warning("host %s reported %s of %s for message %s: refused", report.host, report.asked, subject, row["id"])
        return False
    return True


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
