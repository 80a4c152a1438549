"""Notifications on their way to the broker: in order, and by one conductor at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select
from tests.unit.base.conftest import context

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.db.types import metadata
from cupola.base.events.sender import BATCH, TURN, Sender
from cupola.base.events.settings import NotificationSettings
from cupola.base.events.tables import notifications
from cupola.testing.simulator import Crash


class Broker:
    """Takes what is published; `meanwhile` happens when the first of them comes."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.connections = 0
        self.open = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def connect(self) -> Broker:
        self.connections += 1
        self.open += 1
        return self

    def channel(self) -> Broker:
        return self

    def exchange_declare(self, *_: object, **__: object) -> None: ...
    def queue_declare(self, *_: object, **__: object) -> None: ...
    def queue_bind(self, *_: object, **__: object) -> None: ...
    def close(self) -> None: ...

    def collect(self) -> None:
        self.open -= 1

    def basic_publish_confirm(self, content: Any, *_: object, **__: object) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        self.heard.append(orjson.loads(orjson.loads(content.body)["oslo.message"])["payload"]["n"])


@pytest.fixture
def cloud(database: Any, clock: Any) -> Context:
    metadata.create_all(database.engine)
    return context(database, clock)


def sender(cloud: Context, broker: Broker) -> Sender:
    return Sender(cloud.cloud, NotificationSettings(enabled=True), broker.connect)


def tell(cloud: Context, clock: Any, count: int) -> None:
    def write(tx: Transaction) -> None:
        values = {"event_type": "e", "publisher_id": "p", "priority": "INFO", "context": {}}
        at = [clock.advance(0.001) or clock.now() for _ in range(count)]
        rows = [{"id": cloud.cloud.ids.uuid(), "payload": {"n": n}, "at": at[n], **values} for n in range(count)]
        tx.execute(insert(notifications), rows)

    cloud.transact("tell", write)


def left(cloud: Context) -> int:
    return len(cloud.read("left", lambda tx: tx.all(select(notifications.c.id))))


def until_quiet(one: Sender, clock: Any) -> None:
    while one.step(clock.now()) == clock.now():
        pass


def test_what_waits_is_sent_in_order_by_one_connection(cloud: Context, clock: Any) -> None:
    broker = Broker()
    tell(cloud, clock, BATCH + 5)
    until_quiet(sender(cloud, broker), clock)
    assert broker.heard == list(range(BATCH + 5))
    assert (broker.connections, broker.open, left(cloud)) == (1, 0, 0)


def test_of_two_conductors_one_sends_at_a_time(cloud: Context, clock: Any) -> None:
    broker = Broker()
    one, other = sender(cloud, broker), sender(cloud, broker)
    tell(cloud, clock, BATCH + 5)
    broker.meanwhile = lambda: until_quiet(other, clock)
    one.step(clock.now())
    assert broker.heard == list(range(BATCH))
    other.step(clock.now())
    assert broker.heard == list(range(BATCH + 5)), "the turn is the other one's after a batch"


def test_a_clock_that_is_a_little_behind_takes_no_turn(cloud: Context, clock: Any) -> None:
    broker = Broker()
    other = sender(cloud, broker)
    tell(cloud, clock, 5)

    def behind() -> None:
        clock.advance(-2)
        until_quiet(other, clock)
        clock.advance(2)

    broker.meanwhile = behind
    until_quiet(sender(cloud, broker), clock)
    assert broker.heard == [0, 1, 2, 3, 4]


def test_what_was_confirmed_is_not_sent_again_after_what_was_not(cloud: Context, clock: Any) -> None:
    broker = Broker()
    tell(cloud, clock, 5)
    took = broker.basic_publish_confirm

    def fail_at_the_fourth(content: Any, *_: object, **__: object) -> None:
        if len(broker.heard) == 3:
            broker.basic_publish_confirm = took  # type: ignore[method-assign]
            raise TimeoutError("no confirmation")
        took(content)

    broker.basic_publish_confirm = fail_at_the_fourth  # type: ignore[method-assign]
    one = sender(cloud, broker)
    assert one.step(clock.now()) > clock.now()
    assert left(cloud) == 2
    until_quiet(one, clock)
    assert broker.heard == [0, 1, 2, 3, 4]


def test_a_batch_ends_while_its_turn_is_its_own(cloud: Context, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cupola.base.events.sender.TURN", timedelta(0))
    broker = Broker()
    tell(cloud, clock, 3)
    one = sender(cloud, broker)
    one.step(clock.now())
    assert (broker.heard, left(cloud)) == ([0], 2)


def test_the_turn_of_a_conductor_that_died_ends(cloud: Context, clock: Any) -> None:
    broker = Broker()
    tell(cloud, clock, 2)

    def die() -> None:
        raise Crash("kill -9")

    broker.meanwhile = die
    with pytest.raises(Crash):
        sender(cloud, broker).step(clock.now())
    other = sender(cloud, broker)
    until_quiet(other, clock)
    assert broker.heard == []
    clock.advance(TURN.total_seconds())
    until_quiet(other, clock)
    assert (broker.heard, left(cloud)) == ([0, 1], 0)


def test_a_conductor_that_finds_no_broker_leaves_it_to_one_that_does(cloud: Context, clock: Any) -> None:
    def away() -> Broker:
        raise OSError("no route to host")

    broker = Broker()
    lost = Sender(cloud.cloud, NotificationSettings(enabled=True), away)
    tell(cloud, clock, 1)
    assert lost.step(clock.now()) > clock.now()
    until_quiet(sender(cloud, broker), clock)
    assert broker.heard == [0]


def test_a_clock_that_is_set_back_delays_nothing(cloud: Context, clock: Any) -> None:
    broker = Broker()
    tell(cloud, clock, 1)
    until_quiet(sender(cloud, broker), clock)
    clock.advance(-86400)
    tell(cloud, clock, 1)
    until_quiet(sender(cloud, broker), clock)
    assert broker.heard == [0, 0]
