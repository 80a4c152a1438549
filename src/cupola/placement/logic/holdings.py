"""Who holds what, for doctor's comparison."""

from __future__ import annotations

from cupola.base.db.transaction import Transaction
from cupola.placement.store import allocations as store
from cupola.placement.store import inventories

Holdings = dict[str, dict[str, dict[str, int]]]
"""consumer id → provider id → resource class → amount"""


def claims_in(tx: Transaction, consumer_type: str = "INSTANCE") -> Holdings:
    """What all consumers of a type hold."""
    found: Holdings = {}
    for one in store.held_by_type(tx, consumer_type):
        found.setdefault(one.consumer_id, {}).setdefault(one.provider_id, {})[one.resource_class] = one.used
    return found


def usages_in(tx: Transaction) -> dict[str, dict[str, int]]:
    """What is given away, by provider and resource class."""
    return inventories.used(tx)
