"""What every bus promises (held by `tests/contract/test_bus.py`): at least once, in no particular order.

A delivery that is not acknowledged comes again after `requeue` (a consumer that died). A bus may lose everything it
holds: whoever needs an answer sends again (see `base/operations/outbox.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cupola.base.bus.message import Message


@dataclass(frozen=True)
class Delivery:
    """A message in somebody's hands."""

    message: Message
    ack: Callable[[], None]


class Bus(Protocol):
    def publish(self, message: Message) -> None:
        """Hand a message to the bus, for whoever listens on its topic."""
        ...

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        """Take what waits on `topic`, oldest first; returns at once."""
        ...

    def requeue(self, topic: str) -> None:
        """Let what was taken from `topic` and not acknowledged be delivered again."""
        ...

    def depth(self, topic: str) -> int:
        """How many messages wait on `topic`."""
        ...

    def close(self) -> None:
        """Let go of what the bus holds; what was published is handed over first, if that is possible soon."""
        ...
