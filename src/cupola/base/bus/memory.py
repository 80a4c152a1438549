"""The bus of one process. It encodes and decodes every message, so that nothing works by sharing objects."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Delivery
from cupola.base.runtime import Wakeups


class MemoryBus:
    """Queues in memory, one a topic; publishing wakes the component named after the topic."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[bytes]] = {}
        self._taken: dict[str, dict[int, bytes]] = {}
        self._tickets = 0

    def publish(self, message: Message) -> None:
        with self._lock:
            self._waiting.setdefault(message.topic, deque()).append(message.encode())
        self._wakeups.notify(message.topic)

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        with self._lock:
            queue = self._waiting.setdefault(topic, deque())
            return [self._take(topic, queue.popleft()) for _ in range(min(limit, len(queue)))]

    def _take(self, topic: str, data: bytes) -> Delivery:
        self._tickets += 1
        ticket, taken = self._tickets, self._taken.setdefault(topic, {})
        taken[ticket] = data

        def ack() -> None:
            with self._lock:
                taken.pop(ticket, None)

        return Delivery(Message.decode(data), ack)

    def requeue(self, topic: str) -> None:
        with self._lock:
            taken = self._taken.get(topic, {})
            self._waiting.setdefault(topic, deque()).extendleft(data for _, data in sorted(taken.items(), reverse=True))
            taken.clear()

    def depth(self, topic: str) -> int:
        with self._lock:
            return len(self._waiting.get(topic, ()))

    def close(self) -> None:
        """There is nothing to let go of: what it holds ends with the process."""
