"""Candidates: every provider with what it has, measured against what a scheduler asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cupola.placement.model.inventory import Stock


@dataclass(frozen=True)
class Candidate:
    """A provider measured against a request: it fits, or this much is lacking."""

    provider_id: str
    name: str
    generation: int
    inventories: Mapping[str, Stock]
    traits: frozenset[str]
    lacks: Mapping[str, int]
    """Resource class → how much is missing (1 at least, also when only the unit sizes forbid the amount)."""
    lacks_traits: frozenset[str]

    @property
    def fits(self) -> bool:
        return not self.lacks and not self.lacks_traits


def measured(stock: Stock | None, amount: int) -> int:
    """How much of `amount` is lacking; 0 when it can be had."""
    if stock is None:
        return amount
    if stock.grants(amount):
        return 0
    return max(amount - min(max(stock.free, 0), stock.inventory.max_unit), 1)
