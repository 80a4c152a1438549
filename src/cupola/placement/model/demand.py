"""What a client wants a consumer to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cupola.placement.model.allocation import Allocation

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The project and user of consumers made by clients that name none (before 1.8)."""


@dataclass(frozen=True)
class Demand:
    """All that a consumer is to hold: provider id → resource class → amount; nothing, and the consumer goes.

    `guarded`: the consumer must be at `generation` (None: it must be new). `type` None leaves it as it is.
    """

    consumer_id: str
    amounts: Mapping[str, Mapping[str, int]]
    project_id: str = NOBODY
    user_id: str = NOBODY
    guarded: bool = False
    generation: int | None = None
    type: str | None = None

    def allocations(self) -> list[Allocation]:
        return [
            Allocation(self.consumer_id, provider_id, name, amount)
            for provider_id, resources in self.amounts.items()
            for name, amount in resources.items()
        ]
