"""The bus of a cloud in several processes: RabbitMQ, spoken with by kombu's AMQP library.

Nobody who uses it waits for a broker. Two threads of the bus, each with a connection of its own, do: one hands messages
over and keeps them until they are confirmed, the other fills the buffers that `receive` takes from. They start with the
first message that is sent or asked for, so that a server may load the program and then fork; an API only ever sends.

What is acknowledged, dropped or delivered twice, and when, is in ARCHITECTURE.md ("The broker").
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Sequence

from cupola.base.bus.brokers import Broker, BrokerSettings
from cupola.base.bus.consumer import HOLD_MOST, Consumer
from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Delivery
from cupola.base.bus.publisher import Publisher
from cupola.base.bus.queues import PREFIX, Queues
from cupola.base.runtime import Wakeups

STOP_WITHIN = 3.0
"""seconds in which what was published last is still handed over at the end"""


class AmqpBus:
    """Messages by way of RabbitMQ. `name` is what the broker's own tools call the connections of this process."""

    def __init__(
        self,
        brokers: Sequence[Broker],
        settings: BrokerSettings,
        wakeups: Wakeups,
        name: str = "cupola",
        prefix: str = PREFIX,
        hold: float = HOLD_MOST,
    ) -> None:
        self._brokers = tuple(brokers)
        self._settings = settings
        self._wakeups = wakeups
        self._name = name
        self._prefix = prefix
        self._hold = hold
        self._forget()
        forget = weakref.WeakMethod(self._forget)
        os.register_at_fork(after_in_child=lambda: (forget() or _nothing)())

    def _forget(self) -> None:
        """Of a process that forked, the new one has neither threads nor connections."""
        self._lock = threading.Lock()
        self._queues = Queues(self._prefix)
        self._publisher: Publisher | None = None
        self._consumer: Consumer | None = None

    def publish(self, message: Message) -> None:
        (self._publisher or self._start_publisher()).publish(message)

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        return (self._consumer or self._start_consumer()).receive(topic, limit)

    def requeue(self, topic: str) -> None:
        (self._consumer or self._start_consumer()).requeue(topic)

    def depth(self, topic: str) -> int:
        """How many messages wait here; what waits in the broker, the broker says (`rabbitmqctl list_queues`)."""
        return (self._consumer or self._start_consumer()).depth(topic)

    def flush(self, timeout: float) -> bool:
        """Wait until all that was published is confirmed; whether it is."""
        end = time.monotonic() + timeout
        while self._publisher is not None and self._publisher.pending():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def connections(self) -> dict[str, str | None]:
        """Which broker each connection of this process is with; None: with none now."""
        links = [link for link in (self._publisher, self._consumer) if link is not None]
        return {link.name: link.connected_to for link in links}

    def close(self) -> None:
        """Hand over what was published, as far as that goes in a few seconds, and end."""
        with self._lock:
            publisher, self._publisher = self._publisher, None
            consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.stop(STOP_WITHIN)
        if publisher is not None:
            publisher.stop(STOP_WITHIN)

    def _start_publisher(self) -> Publisher:
        with self._lock:
            if self._publisher is None:
                self._publisher = Publisher(f"{self._name} sends", self._brokers, self._settings, self._queues)
                self._publisher.start()
            return self._publisher

    def _start_consumer(self) -> Consumer:
        with self._lock:
            if self._consumer is None:
                self._consumer = Consumer(
                    f"{self._name} takes", self._brokers, self._settings, self._queues, self._wakeups, self._hold
                )
                self._consumer.start()
            return self._consumer


def _nothing() -> None:
    """The bus that was to forget is gone."""
