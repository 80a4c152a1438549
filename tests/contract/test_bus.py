"""What every bus promises. A bus that is added is held to the same by one more class with its own `bus`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from cupola.base.bus.memory import MemoryBus
from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Bus
from cupola.base.runtime import Wakeups
from cupola.testing.brokers import ArrivingBus
from cupola.testing.servers.rabbitmq import RabbitServer

TOPIC = "host.h1"


def message(id_: str, topic: str = TOPIC, **payload: Any) -> Message:
    return Message(id_, topic, "converge", f"lamp/{id_}", payload, "req-1", "operation-1", "2026-01-01T00:00:00+00:00")


def ids(bus: Bus, topic: str = TOPIC, limit: int = 32, ack: bool = True) -> list[str]:
    deliveries = bus.receive(topic, limit)
    if ack:
        for delivery in deliveries:
            delivery.ack()
    return [delivery.message.id for delivery in deliveries]


class BusContract:
    """At least once, in no particular order (but see `test_what_waited_longest_comes_first`)."""

    @pytest.fixture
    def wakeups(self) -> Wakeups:
        return Wakeups()

    @pytest.fixture
    def bus(self, wakeups: Wakeups) -> Bus:
        raise NotImplementedError

    def test_a_message_arrives_as_it_was_sent(self, bus: Bus) -> None:
        sent = message("1", text="ä \U0001f600 \x00", number=2**53, nested={"list": [1, None, True, 0.5]})
        bus.publish(sent)
        (delivery,) = bus.receive(TOPIC)
        assert delivery.message == sent

    def test_what_arrives_shares_nothing_with_what_was_sent(self, bus: Bus) -> None:
        sent = message("1", list=[1])
        bus.publish(sent)
        sent.payload["list"].append(2)
        (delivery,) = bus.receive(TOPIC)
        assert delivery.message.payload == {"list": [1]}

    def test_what_cannot_be_encoded_is_refused_when_it_is_sent(self, bus: Bus) -> None:
        with pytest.raises(TypeError):
            bus.publish(message("1", thing=object()))
        assert bus.depth(TOPIC) == 0

    def test_without_messages_there_is_nothing_at_once(self, bus: Bus) -> None:
        assert (list(bus.receive(TOPIC)), bus.depth(TOPIC)) == ([], 0)

    def test_messages_arrive_at_their_topic_only(self, bus: Bus) -> None:
        bus.publish(message("1"))
        bus.publish(message("2", "host.h2"))
        assert (ids(bus), ids(bus, "host.h2"), ids(bus, "reports")) == (["1"], ["2"], [])

    def test_what_waited_longest_comes_first(self, bus: Bus) -> None:
        for number in range(5):
            bus.publish(message(str(number)))
        assert ids(bus) == ["0", "1", "2", "3", "4"]

    def test_no_more_are_taken_than_asked_for_and_depth_says_how_many_wait(self, bus: Bus) -> None:
        for number in range(5):
            bus.publish(message(str(number)))
        assert (len(ids(bus, limit=2)), bus.depth(TOPIC), len(ids(bus, limit=9)), bus.depth(TOPIC)) == (2, 3, 3, 0)

    def test_a_message_that_was_taken_is_nobody_elses(self, bus: Bus) -> None:
        bus.publish(message("1"))
        assert (ids(bus, ack=False), ids(bus)) == (["1"], [])

    def test_what_was_not_acknowledged_comes_again(self, bus: Bus) -> None:
        for number in range(4):
            bus.publish(message(str(number)))
        first, *_ = bus.receive(TOPIC, 3)
        first.ack()
        bus.requeue(TOPIC)
        assert sorted(ids(bus)) == ["1", "2", "3"]
        bus.requeue(TOPIC)
        assert ids(bus) == []

    def test_a_consumer_that_died_takes_no_other_topic_with_it(self, bus: Bus) -> None:
        bus.publish(message("1"))
        bus.publish(message("2", "host.h2"))
        ids(bus, ack=False)
        ids(bus, "host.h2", ack=False)
        bus.requeue(TOPIC)
        assert (ids(bus), ids(bus, "host.h2")) == (["1"], [])

    def test_acknowledging_twice_or_late_does_no_harm(self, bus: Bus) -> None:
        bus.publish(message("1"))
        (delivery,) = bus.receive(TOPIC)
        bus.requeue(TOPIC)
        delivery.ack()
        delivery.ack()
        assert set(ids(bus)) <= {"1"}

    def test_publishing_wakes_whoever_is_named_after_the_topic(self, bus: Bus, wakeups: Wakeups) -> None:
        woken: list[int] = []
        wakeups.listen(TOPIC, lambda: woken.append(bus.depth(TOPIC)))
        bus.publish(message("1"))
        bus.publish(message("2", "host.h2"))
        assert woken == [1], "when it is there to be taken"

    def test_many_publish_and_take_at_once_and_each_message_is_taken_once(self, bus: Bus) -> None:
        import threading

        taken: list[str] = []

        def publish(name: int) -> None:
            for number in range(50):
                bus.publish(message(f"{name}-{number}"))

        def take() -> None:
            while not done.is_set() or bus.depth(TOPIC):
                taken.extend(ids(bus, limit=7))
                done.wait(0.001)

        done = threading.Event()
        takers = [threading.Thread(target=take) for _ in range(3)]
        publishers = [threading.Thread(target=publish, args=(name,)) for name in range(3)]
        for thread in takers + publishers:
            thread.start()
        for thread in publishers:
            thread.join(30)
        done.set()
        for thread in takers:
            thread.join(30)
        assert sorted(taken) == sorted(f"{name}-{number}" for name in range(3) for number in range(50))


class TestMemoryBus(BusContract):
    @pytest.fixture
    def bus(self, wakeups: Wakeups) -> Bus:
        return MemoryBus(wakeups)


_numbers = itertools.count(1)


class TestAmqpBus(BusContract):
    """On a real RabbitMQ. What it does when the broker fails is in `tests/unit/base/bus/test_amqp.py`."""

    @pytest.fixture
    def bus(self, wakeups: Wakeups, rabbitmq: RabbitServer) -> Iterator[Bus]:
        bus = ArrivingBus(rabbitmq.url, wakeups, f"contract{next(_numbers)}")
        yield bus
        bus.close()
