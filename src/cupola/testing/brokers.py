"""By which bus the clouds of tests send their messages: one in memory each, or queues of a private RabbitMQ each.

`CUPOLA_TEST_BROKER` (memory or rabbitmq) or `standing_on` chooses. A cloud in a test holds the clock, so what it
publishes has arrived when `publish` returns: nothing is under way that a test would have to wait for, and the order of
things is the simulator's alone. Queues are lent again when the cloud that had them is gone.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from cupola.base.bus.amqp import AmqpBus
from cupola.base.bus.brokers import BrokerSettings, brokers_of
from cupola.base.bus.memory import MemoryBus
from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Bus, Delivery
from cupola.base.runtime import Wakeups
from cupola.testing.servers.rabbitmq import RabbitServer, rabbitmq_server

ARRIVES_WITHIN = 60
"""seconds"""
SETTINGS = BrokerSettings(prefetch=2000)
"""A test may leave as many messages unacknowledged; the broker would hold back what comes after them."""

_kind = os.environ.get("CUPOLA_TEST_BROKER", "memory")
_numbers = itertools.count(1)
_idle: list[ArrivingBus] = []
_ending = contextlib.ExitStack()
"""Ends with the process what its tests share."""
atexit.register(_ending.close)


@contextlib.contextmanager
def standing_on(kind: str) -> Iterator[None]:
    """In the meantime clouds send their messages by this kind of bus."""
    global _kind
    before, _kind = _kind, kind
    try:
        yield
    finally:
        _kind = before


@cache
def server() -> RabbitServer:
    """The private RabbitMQ that all tests of this process share, each with queues of its own: leave it up."""
    return _ending.enter_context(rabbitmq_server())


def bus_for(wakeups: Wakeups) -> Bus:
    """A bus without messages, for as long as somebody has `wakeups`."""
    if _kind == "memory":
        return MemoryBus(wakeups)
    if _idle:
        bus = _idle.pop()
        bus.clear()
        bus.wake(wakeups)
    else:
        bus = ArrivingBus(server().url, wakeups, f"test{next(_numbers)}")
        _ending.callback(bus.close)
    weakref.finalize(wakeups, _idle.append, bus).atexit = False
    return bus


class ArrivingBus:
    """`AmqpBus`, whose `publish` waits until the message waits to be taken. For one process that sends and takes."""

    def __init__(self, url: str, wakeups: Wakeups, prefix: str) -> None:
        self.wake(wakeups)
        self._arrivals = Wakeups()
        self._bus = AmqpBus(brokers_of(url, SETTINGS), SETTINGS, self._arrivals, "test", prefix)
        self._changed = threading.Condition()
        self._published: Counter[str] = Counter()
        self._arrived: Counter[str] = Counter()

    def publish(self, message: Message) -> None:
        topic = message.topic
        message.encode()  # raises what would leave us waiting
        with self._changed:
            if topic not in self._published:
                self._arrivals.listen(topic, lambda: self._arrive(topic))
            self._published[topic] += 1
            number = self._published[topic]
        self._bus.depth(topic)  # from now on it is listened to
        self._bus.publish(message)
        with self._changed:
            if not self._changed.wait_for(lambda: self._arrived[topic] >= number, ARRIVES_WITHIN):
                raise TimeoutError(f"a message for {topic} was not there after {ARRIVES_WITHIN} s")
        if wakeups := self._wakeups():
            wakeups.notify(topic)

    def wake(self, wakeups: Wakeups) -> None:
        """Tell these, as long as anybody else has them, of what is published."""
        self._wakeups = weakref.ref(wakeups)

    def _arrive(self, topic: str) -> None:
        with self._changed:
            self._arrived[topic] += 1
            self._changed.notify_all()

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        return self._bus.receive(topic, limit)

    def requeue(self, topic: str) -> None:
        self._bus.requeue(topic)

    def depth(self, topic: str) -> int:
        return self._bus.depth(topic)

    def clear(self) -> None:
        """Forget all that was published and not acknowledged."""
        for topic in list(self._published):
            self._bus.requeue(topic)
            while deliveries := self._bus.receive(topic, 100):
                for delivery in deliveries:
                    delivery.ack()

    def close(self) -> None:
        self._bus.close()
