"""Who holds what: for schedulers that undo, and for doctor's comparison."""

from __future__ import annotations

from collections.abc import Collection

from cupola.base.db.transaction import Transaction
from cupola.placement.store import allocations as store
from cupola.placement.store import inventories

Holdings = dict[str, dict[str, dict[str, int]]]
"""consumer id → provider id → resource class → amount"""


def allocations_of(tx: Transaction, consumer_ids: Collection[str] | None = None) -> Holdings:
    """What consumers hold; of all consumers when none are named. Consumers that hold nothing are not in it."""
    held = store.every(tx) if consumer_ids is None else store.held_by(tx, sorted(consumer_ids))
    found: Holdings = {}
    for one in held:
        found.setdefault(one.consumer_id, {}).setdefault(one.provider_id, {})[one.resource_class] = one.used
    return found


def usages_in(tx: Transaction) -> dict[str, dict[str, int]]:
    """What is given away, by provider and resource class."""
    return inventories.used(tx)
