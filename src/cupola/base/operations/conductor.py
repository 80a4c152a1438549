"""The conductor's two components: the runner takes operations that are due, the recorder takes what hosts report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy import update as sql_update

from cupola.base.bus.message import CONDUCTOR, REPORTS, Message
from cupola.base.bus.protocol import Bus
from cupola.base.bus.report import Report
from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Unavailable
from cupola.base.hosts.seal import holds
from cupola.base.ids import request_id
from cupola.base.observe.log import about
from cupola.base.operations.engine import RUNNER, Engine
from cupola.base.operations.tables import operations
from cupola.base.runtime import Wakeups

log = logging.getLogger(__name__)

BATCH = 20
POLL = timedelta(seconds=5)
POLL_APART = timedelta(seconds=1)
"""Where a wake-up comes from other processes, and may be lost."""
AFTER_SURPRISE = timedelta(seconds=10)


class Runner:
    """Advances operations whose time has come. Recovery needs nothing more: what a dead process had is due again."""

    name = RUNNER

    def __init__(self, cloud: Cloud, engine: Engine, poll: timedelta = POLL) -> None:
        self._cloud = cloud
        self._engine = engine
        self._poll = poll

    def step(self, now: datetime) -> datetime | None:
        ctx = system_context(self._cloud, request_id(self._cloud.ids))
        mine = select(operations.c.id, operations.c.request_id).where(self._engine.due(now))
        due = mine.order_by(operations.c.due_at, operations.c.id).limit(BATCH)
        rows = ctx.read("runner.look", lambda tx: tx.all(due))
        taken = [self._advance(system_context(self._cloud, row["request_id"]), row["id"]) for row in rows]
        if any(taken):
            return now
        if taken:  # others have them, and may have them for long
            return now + self._poll
        earliest = select(func.min(operations.c.due_at))
        first: datetime | None = ctx.read("runner.next", lambda tx: tx.scalar(earliest))
        return min(first, now + self._poll) if first else now + self._poll

    def _advance(self, ctx: Context, operation_id: str) -> bool:
        """Whether it was there to be advanced."""
        try:
            return ctx.transact("operation.advance", lambda tx: self._engine.advance(tx, ctx, operation_id, due=True))
        except Exception:  # a bug in one operation must not stop the others, nor be tried in a tight loop
            log.exception("operation %s could not be advanced", operation_id)
            ctx.transact("operation.postpone", lambda tx: self._postpone(tx, operation_id))
            return True

    def _postpone(self, tx: Transaction, operation_id: str) -> None:
        live = (operations.c.id == operation_id) & operations.c.ended_at.is_(None)
        tx.execute(sql_update(operations).where(live).values(due_at=tx.now + AFTER_SURPRISE))


class Bell:
    """Wakes components of this process for those that cannot reach them: APIs in other processes."""

    name = CONDUCTOR

    def __init__(self, bus: Bus, wakeups: Wakeups) -> None:
        self._bus = bus
        self._wakeups = wakeups

    def step(self, now: datetime) -> datetime | None:
        deliveries = self._bus.receive(CONDUCTOR)
        for component in {delivery.message.subject for delivery in deliveries}:
            self._wakeups.notify(component)
        for delivery in deliveries:
            delivery.ack()
        return now if self._bus.depth(CONDUCTOR) else None


def ring(bus: Bus, component: str) -> None:
    """Wake a component of some conductor. It may be lost: conductors look by themselves, too."""
    bus.publish(Message(id="", topic=CONDUCTOR, type="wake", subject=component))


Observe = Callable[[Transaction, Context, str, Report], None]
"""Takes note of what a host says about a kind of thing, asked (the report of a message) or not (an observation
without a message id): (transaction, context, "kind/id", report)."""


class Recorder:
    """Records reports: ends their message, lets the operation that waited go on, all in one transaction."""

    name = REPORTS

    def __init__(
        self, cloud: Cloud, bus: Bus, engine: Engine, observers: Mapping[str, Observe], sealed: bool = False
    ) -> None:
        """`sealed`: only reports are believed that bear the seal of the host that they name."""
        self._cloud = cloud
        self._bus = bus
        self._sealed = sealed
        self._engine = engine
        self._observers = observers

    def step(self, now: datetime) -> datetime | None:
        for delivery in self._bus.receive(REPORTS):
            ctx = system_context(self._cloud, delivery.message.request_id)
            try:
                with about(**delivery.message.about()):
                    self._record(ctx, delivery.message)
            except Unavailable:  # the database: what hosts say unasked is said once only, so keep it until then
                self._bus.requeue(REPORTS)
                return now + AFTER_SURPRISE
            except Exception:  # the outbox asks the host again, so nothing is lost with this delivery
                log.exception("the report %s could not be recorded", delivery.message.id)
            delivery.ack()
        return now if self._bus.depth(REPORTS) else None

    def _record(self, ctx: Context, message: Message) -> None:
        report, outbox = Report.from_payload(message.payload), self._engine.outbox

        def write(tx: Transaction) -> None:
            if self._sealed and not holds(tx, message, report.host):
                log.warning("a report of %s bears no seal of host %s: refused", message.subject, report.host)
                return
            row = outbox.end(tx, report, message.subject, message.sent_at) if report.message_id else None
            if report.message_id and row is None:
                return
            kind = message.subject.partition("/")[0]
            if kind in self._observers:
                self._observers[kind](tx, ctx, message.subject, report)
            if row is not None and row["operation_id"] is not None and row["live_key"] is None:
                self._engine.advance(tx, ctx, row["operation_id"])

        ctx.transact("report.record", write)
