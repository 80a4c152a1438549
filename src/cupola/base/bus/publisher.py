"""The half of the AMQP bus that hands messages over: confirmed, mandatory, and never in anybody's way."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cupola.base.bus.brokers import Broker, BrokerSettings
from cupola.base.bus.link import Link
from cupola.base.bus.message import Message
from cupola.base.bus.queues import Queues

log = logging.getLogger(__name__)

WAITING_MOST = 10_000
"""Messages kept for a broker that is away; beyond that the oldest are dropped, and sent again by the relay."""
WINDOW = 500
"""Messages handed over and not yet confirmed."""
CONFIRM_WITHIN = 30.0
"""Seconds after which an unconfirmed message is given up (its queue has lost its majority)."""
AT_ONCE = 50
MISSING_FOR = 1.0
"""Seconds that a queue is not there before it is declared here. Who listened to one that was deleted is told so, and
declares it again; but RabbitMQ forgets to tell them when it is there again at once, and gives them nothing any more."""
LOSSES_MOST = 5
"""Connections that may end while a message is under way; what is given up, the relay sends again."""


@dataclass
class _Outgoing:
    key: tuple[str, str, str]
    message: Message
    data: bytes
    returned: bool = False
    handed_over: float = 0.0
    losses: int = 0


class Publisher(Link):
    """Keeps what is to be sent, the newest of each message, until a broker has confirmed it."""

    def __init__(self, name: str, brokers: Sequence[Broker], settings: BrokerSettings, queues: Queues) -> None:
        super().__init__(name, brokers, settings)
        self._queues = queues
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[str, str, str], _Outgoing] = OrderedDict()
        self._unconfirmed: OrderedDict[int, _Outgoing] = OrderedDict()
        self._sent = 0
        self._refused: list[_Outgoing] = []
        self._missing: dict[str, float] = {}
        self._blocked = False
        self._dropped = 0
        self._channel: Any = None

    def publish(self, message: Message) -> None:
        """Leave a message to be handed over; of those without an id, the newest about a subject.

        Of two with the same id, the one that asks more often: the relay may come late with what it read before.
        Raises TypeError for what cannot be encoded.
        """
        key = (message.topic, message.type, message.id or message.subject)
        outgoing = _Outgoing(key, message, message.encode())
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is not None and _asks(waiting.message) > _asks(message):
                return
            self._waiting[key] = outgoing
            if len(self._waiting) > WAITING_MOST:
                self._waiting.popitem(last=False)
                self._dropped += 1
        self.wake()

    def pending(self) -> int:
        """How many messages no broker has confirmed."""
        return len(self._waiting) + len(self._unconfirmed) + len(self._refused)

    def _idle(self) -> bool:
        return self._blocked or not self.pending()

    def _opened(self, connection: Any) -> None:
        connection.on_blocked, connection.on_unblocked = self._on_blocked, self._on_unblocked
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._declaring = connection.channel()
        self._sent = 0

    def _lost(self) -> None:
        """What was not confirmed may not be there: it goes again, before what came later. Not for ever: it may be what
        ends the connection each time."""
        self._blocked = False
        self._missing.clear()
        for outgoing in (*reversed(self._unconfirmed.values()), *reversed(self._refused)):
            outgoing.losses += 1
            if outgoing.losses < LOSSES_MOST:
                self._put_back(outgoing)
            else:
                log.error("%s: %d connections ended with %s: given up", self.name, LOSSES_MOST, outgoing.key)
        self._unconfirmed.clear()
        self._refused.clear()

    def _work(self) -> bool:
        for _ in range(AT_ONCE):
            if self._blocked or len(self._unconfirmed) >= WINDOW:
                return False
            with self._lock:
                if not self._waiting:
                    return False
                _, outgoing = self._waiting.popitem(last=False)
                self._sent += 1
                self._unconfirmed[self._sent] = outgoing
            outgoing.returned, outgoing.handed_over = False, time.monotonic()
            self._hand_over(outgoing)
        return True

    def _hand_over(self, outgoing: _Outgoing) -> None:
        import amqp

        message = outgoing.message
        properties = {
            "message_id": message.id,
            "correlation_id": message.operation_id,
            "type": message.type,
            "app_id": "cupola",
            "content_type": "application/json",
            "delivery_mode": 2,
        }
        headers = {"request_id": message.request_id, "subject": message.subject, "deadline": message.deadline}
        content = amqp.Message(
            outgoing.data,
            application_headers={name: value for name, value in headers.items() if value},
            **{name: value for name, value in properties.items() if value},
        )
        self._channel.basic_publish(content, routing_key=self._queues.name(message.topic), mandatory=True)

    # what the broker says -------------------------------------------------------------------------------------------

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._refused += [outgoing for outgoing in self._settled(tag, multiple) if outgoing.returned]

    def _on_nack(self, tag: int, multiple: bool) -> None:
        """The broker could not keep it (its queue is going or coming). It gets it again, but not at once."""
        self._refused += self._settled(tag, multiple)

    def _on_return(self, error: Exception, exchange: str, queue: str, content: Any) -> None:
        """There is no such queue: a broker that was wiped, or a host that is new. Its ack is still to come."""
        for outgoing in self._unconfirmed.values():
            if not outgoing.returned and self._queues.name(outgoing.message.topic) == queue:
                outgoing.returned = True
                self._missing.setdefault(outgoing.message.topic, time.monotonic() + MISSING_FOR)
                return

    def _settled(self, tag: int, multiple: bool) -> list[_Outgoing]:
        tags = [each for each in self._unconfirmed if each <= tag] if multiple else [tag]
        return [outgoing for each in tags if (outgoing := self._unconfirmed.pop(each, None)) is not None]

    def _put_back(self, outgoing: _Outgoing) -> None:
        with self._lock:
            if outgoing.key not in self._waiting:
                self._waiting[outgoing.key] = outgoing
                self._waiting.move_to_end(outgoing.key, last=False)

    def _on_blocked(self, reason: str) -> None:
        self._blocked = True
        log.warning(
            "%s: the broker takes no messages (memory or disk alarm, see `rabbitmq-diagnostics alarms`)", self.name
        )

    def _on_unblocked(self) -> None:
        self._blocked = False

    def _tick(self) -> None:
        for topic in [topic for topic, due in self._missing.items() if due < time.monotonic()]:
            self._queues.declare(self._declaring, topic)
            del self._missing[topic]
        late = time.monotonic() - CONFIRM_WITHIN
        if self._refused:
            log.info("%s: the broker could not keep %d messages; it gets them again", self.name, len(self._refused))
        for outgoing in reversed(self._refused):
            self._put_back(outgoing)
        self._refused.clear()
        queues = set()
        while self._unconfirmed and (first := next(iter(self._unconfirmed.items())))[1].handed_over < late:
            queues.add(self._queues.name(self._unconfirmed.pop(first[0]).message.topic))
        if queues:
            log.warning(
                "%s: the broker confirms nothing for %s (see docs/broker.md, a queue without a leader)",
                self.name,
                ", ".join(sorted(queues)),
            )
        if self._dropped:
            log.warning("%s: dropped the oldest %d messages; the relay sends them again", self.name, self._dropped)
            self._dropped = 0


def _asks(message: Message) -> int:
    """The number that a message to converge bears. A report's is only what its host was sent, by whomever."""
    return message.payload.get("asks", 0) if message.type == "converge" else 0
