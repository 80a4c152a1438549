"""Inventories: how much of a resource class a provider has, and how much of it may be given away."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 2**31 - 1
"""The largest amount of anything, and the default of `max_unit`."""


@dataclass(frozen=True)
class Inventory:
    """What a provider has of one resource class.

    One consumer gets at least `min_unit`, at most `max_unit`, and a multiple of `step_size`.
    """

    provider_id: str
    resource_class: str
    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int = MOST
    step_size: int = 1
    allocation_ratio: float = 1.0

    @property
    def capacity(self) -> int:
        """How much may be given away in all."""
        return int((self.total - self.reserved) * self.allocation_ratio)

    def deals(self, amount: int) -> bool:
        """Whether one consumer may have just this amount, were it free."""
        return self.min_unit <= amount <= self.max_unit and amount % self.step_size == 0


@dataclass(frozen=True)
class Offer:
    """What a host says it has of one resource class; `reserved` and `allocation_ratio` are where it starts."""

    total: int
    reserved: int = 0
    allocation_ratio: float = 1.0


@dataclass(frozen=True)
class Stock:
    """An inventory with what is used of it."""

    inventory: Inventory
    used: int

    @property
    def free(self) -> int:
        """How much may still be given away; below nothing when a ratio or total was lowered under what is used."""
        return self.inventory.capacity - self.used

    def grants(self, amount: int) -> bool:
        """Whether one consumer can have this amount now."""
        return self.inventory.deals(amount) and amount <= self.free
