"""The bus of a process that tells nobody: a command that only changes the database, which the parts look at anyway."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Delivery


class Nowhere:
    """Loses everything, as any bus may: the relay sends again what must arrive."""

    def publish(self, message: Message) -> None:
        """Nobody hears of it now."""

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        return ()

    def requeue(self, topic: str) -> None:
        """There is nothing to deliver again."""

    def depth(self, topic: str) -> int:
        return 0

    def close(self) -> None:
        """Nothing to let go of."""
