"""A real broker under a test that holds the clock: what is published has arrived when `publish` returns.

So nothing is under way that a test would have to wait for, and the order of things is again the simulator's alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from cupola.base.bus.amqp import AmqpBus
from cupola.base.bus.brokers import BrokerSettings, brokers_of
from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Delivery
from cupola.base.runtime import Wakeups

ARRIVES_WITHIN = 60
"""seconds"""
SETTINGS = BrokerSettings(prefetch=2000)
"""A test may leave as many messages unacknowledged; the broker would hold back what comes after them."""


class ArrivingBus:
    """`AmqpBus`, whose `publish` waits until the message waits to be taken. For one process that sends and takes."""

    def __init__(self, url: str, wakeups: Wakeups, prefix: str) -> None:
        self.wakeups = wakeups
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
        self.wakeups.notify(topic)

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
