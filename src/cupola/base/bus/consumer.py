"""The half of the AMQP bus that takes deliveries: acknowledged by hand, a few at a time, kept until somebody asks."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cupola.base.bus.brokers import Broker, BrokerSettings
from cupola.base.bus.dead import dead_letter
from cupola.base.bus.link import Link
from cupola.base.bus.message import DEAD, Message
from cupola.base.bus.protocol import Delivery
from cupola.base.bus.queues import Queues
from cupola.base.runtime import Wakeups

log = logging.getLogger(__name__)

HOLD_MOST = 600.0
"""Seconds after which a message is acknowledged though it waits here or is worked on: RabbitMQ ends the channel of
whoever keeps one for half an hour. A process that then dies is what a broker is that was wiped: it is sent again."""


LISTEN_AGAIN = 30.0
"""Seconds in which a queue that could not be listened to disturbs no other."""


@dataclass
class _Held:
    """A message in this process. `released`: the broker does not know it any more."""

    message: Message
    tag: int
    since: float
    released: bool = False


@dataclass
class _Topic:
    channel: Any = None
    failures: int = 0
    listen_at: float = 0.0
    waiting: deque[_Held] = field(default_factory=deque)
    taken: dict[int, _Held] = field(default_factory=dict)


class Consumer(Link):
    """Deliveries by topic. A topic is listened to from the first time that somebody asks for it."""

    def __init__(
        self,
        name: str,
        brokers: Sequence[Broker],
        settings: BrokerSettings,
        queues: Queues,
        wakeups: Wakeups,
        hold: float = HOLD_MOST,
    ) -> None:
        super().__init__(name, brokers, settings)
        self._queues = queues
        self._wakeups = wakeups
        self._hold = hold
        self._lock = threading.Lock()
        self._topics: dict[str, _Topic] = {}
        self._tickets = itertools.count(1)
        self._done: deque[tuple[Any, int]] = deque()
        self._connection: Any = None

    # any thread -----------------------------------------------------------------------------------------------------

    def receive(self, topic: str, limit: int) -> list[Delivery]:
        with self._lock:
            here = self._listened(topic)
            return [self._take(here, here.waiting.popleft()) for _ in range(min(limit, len(here.waiting)))]

    def depth(self, topic: str) -> int:
        with self._lock:
            return len(self._listened(topic).waiting)

    def requeue(self, topic: str) -> None:
        """Only here: a message that somebody has trouble with must not come to look undeliverable to the broker."""
        with self._lock:
            here = self._listened(topic)
            here.waiting.extendleft(held for _, held in sorted(here.taken.items(), reverse=True))
            here.taken.clear()

    def _listened(self, topic: str) -> _Topic:
        if topic not in self._topics:
            self._topics[topic] = _Topic()
            self.wake()
        return self._topics[topic]

    def _take(self, here: _Topic, held: _Held) -> Delivery:
        ticket, channel = next(self._tickets), here.channel
        here.taken[ticket] = held

        def ack() -> None:
            with self._lock:
                if here.taken.pop(ticket, None) is None or held.released:
                    return
                held.released = True
                self._done.append((channel, held.tag))
            self.wake()

        return Delivery(held.message, ack)

    # the thread -----------------------------------------------------------------------------------------------------

    def _opened(self, connection: Any) -> None:
        self._connection = connection

    def _lost(self) -> None:
        """What the broker still has comes again."""
        with self._lock:
            self._connection = None
            self._done.clear()
            for here in self._topics.values():
                here.channel = None
                here.waiting = deque(held for held in here.waiting if held.released)
                here.taken = {ticket: held for ticket, held in here.taken.items() if held.released}

    def _work(self) -> bool:
        with self._lock:
            now = time.monotonic()
            new = [topic for topic, here in self._topics.items() if here.channel is None and here.listen_at <= now]
        for topic in new:
            self._listen(topic)
        while self._done:
            channel, tag = self._done.popleft()
            channel.basic_ack(tag)
        return False

    def _listen(self, topic: str) -> None:
        here = self._topics[topic]
        try:
            channel = self._connection.channel()
            self._queues.declare(channel, topic)
        except Exception:
            here.failures += 1
            if here.failures > 1:  # once may be the connection
                here.listen_at = time.monotonic() + LISTEN_AGAIN
                log.warning(
                    "%s: the queue %s does not answer (see docs/broker.md, a queue without a leader)",
                    self.name,
                    self._queues.name(topic),
                )
            raise
        here.failures = 0
        channel.basic_qos(0, self._settings.prefetch, False)
        with self._lock:
            here.channel = channel
        channel.basic_consume(self._queues.name(topic), consumer_tag=self.name, callback=partial(self._deliver, topic))

    def _deliver(self, topic: str, content: Any) -> None:
        tag: int = content.delivery_info["delivery_tag"]
        here = self._topics[topic]
        try:
            message = dead_letter(content) if topic == DEAD else Message.decode(bytes_of(content.body))
        except Exception as error:  # noqa: BLE001 - whatever it is, it cannot be read, and must not come again and again
            log.warning("a message in %s cannot be read (%s): put away", self._queues.name(topic), error)
            here.channel.basic_reject(tag, requeue=False)
            return
        with self._lock:
            here.waiting.append(_Held(message, tag, time.monotonic()))
        self._wakeups.notify(topic)

    def _tick(self) -> None:
        late = time.monotonic() - self._hold
        with self._lock:
            for here in self._topics.values():
                for held in (*here.waiting, *here.taken.values()):
                    if held.since < late and not held.released and here.channel is not None:
                        held.released = True
                        self._done.append((here.channel, held.tag))


def bytes_of(body: bytes | str) -> bytes:
    """The library decodes what says that it is text."""
    return body.encode() if isinstance(body, str) else bytes(body)
