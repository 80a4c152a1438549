"""What the cloud holds and waits for, counted in the database when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Column, ColumnElement, func, select

from cupola.base.context import Context
from cupola.base.db.transaction import Row, Transaction
from cupola.base.hosts.registry import all_hosts
from cupola.base.operations.tables import operations, outbox


class Census(Collector):
    """Figures of the whole cloud, whichever process tells them; `context` makes the one to ask in."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        yield from self._context().read("metrics.census", lambda tx: [*_operations(tx), *_outbox(tx), _hosts(tx)])


def _operations(tx: Transaction) -> Iterator[Metric]:
    """Those that have not ended have a time at which somebody must look, which is indexed."""
    number = GaugeMetricFamily("cupola_operations", "Operations that have not ended.", labels=["operation", "state"])
    oldest = GaugeMetricFamily("cupola_operations_oldest_seconds", "Age of the oldest.", labels=["operation", "state"])
    live = select(operations.c.name, operations.c.state, *_counted(operations.c.created_at))
    live = live.where(operations.c.due_at.is_not(None))
    for row in tx.all(live.group_by(operations.c.name, operations.c.state)):
        number.add_metric([row["name"], row["state"]], row["number"])
        oldest.add_metric([row["name"], row["state"]], _age(row, tx.now))
    yield from (number, oldest)


def _outbox(tx: Transaction) -> Iterator[Metric]:
    """Messages out are those that have a time to be sent again, which is indexed."""
    waiting = select(*_counted(outbox.c.queued_at)).where(outbox.c.next_send_at.is_not(None))
    row = tx.all(waiting)[0]
    yield GaugeMetricFamily("cupola_outbox", "Messages whose report is awaited.", value=row["number"])
    yield GaugeMetricFamily("cupola_outbox_oldest_seconds", "Age of the oldest of them.", value=_age(row, tx.now))


def _hosts(tx: Transaction) -> Metric:
    alive = [host.alive(tx.now) for host in all_hosts(tx)]
    hosts = GaugeMetricFamily("cupola_hosts", "Hosts, by whether their agent was heard of lately.", labels=["state"])
    hosts.add_metric(["up"], sum(alive))
    hosts.add_metric(["silent"], len(alive) - sum(alive))
    return hosts


def _counted(since: Column[datetime]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return func.count().label("number"), func.min(since, type_=since.type).label("oldest")


def _age(row: Row, now: datetime) -> float:
    oldest: datetime | None = row["oldest"]
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
