"""Who holds what: for schedulers that undo, and for doctor's comparison."""

from __future__ import annotations

from collections.abc import Collection

from cupola.base.db.transaction import Transaction
from cupola.placement.model.allocation import Allocation
from cupola.placement.store import allocations as store
from cupola.placement.store import inventories

Holdings = dict[str, dict[str, dict[str, int]]]
"""consumer id → provider id → resource class → amount"""


def allocations_of(tx: Transaction, consumer_ids: Collection[str]) -> Holdings:
    """What consumers hold; those that hold nothing are not in it."""
    return _by_consumer(store.held_by(tx, sorted(consumer_ids)))


def claims_in(tx: Transaction, consumer_type: str = "INSTANCE") -> Holdings:
    """What all consumers of a type hold."""
    return _by_consumer(store.held_by_type(tx, consumer_type))


def _by_consumer(held: list[Allocation]) -> Holdings:
    found: Holdings = {}
    for one in held:
        found.setdefault(one.consumer_id, {}).setdefault(one.provider_id, {})[one.resource_class] = one.used
    return found


def usages_in(tx: Transaction) -> dict[str, dict[str, int]]:
    """What is given away, by provider and resource class."""
    return inventories.used(tx)
