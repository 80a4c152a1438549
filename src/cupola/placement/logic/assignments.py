"""The one place where resources are given away: capacity is checked and allocations are written under one lock.

Providers are locked in the order of their ids; each that gives something moves to its next generation, so that of two
transactions which both saw the last free unit one runs again and finds it gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cupola.base.db.transaction import Transaction
from cupola.placement.errors import AmountForbidden, CapacityExceeded, InventoryMissing, ProviderNotFound
from cupola.placement.model.allocation import Allocation
from cupola.placement.model.inventory import Stock
from cupola.placement.store import allocations as store
from cupola.placement.store import inventories, providers


def assign_in(tx: Transaction, wanted: Mapping[str, Iterable[Allocation]]) -> None:
    """Let each consumer hold just these allocations from now on, in place of what it holds.

    What the consumers give up is free for the others. Raises ProviderNotFound, InventoryMissing, AmountForbidden or
    CapacityExceeded.
    """
    after = {consumer_id: list(held) for consumer_id, held in wanted.items()}
    given = [allocation for held in after.values() for allocation in held]
    locked = providers.locked(tx, sorted({allocation.provider_id for allocation in given})) if given else []
    before = store.held_by(tx, sorted(after))
    _check(given, before, inventories.stocks(tx, [provider.id for provider in locked]), {one.id for one in locked})
    for consumer_id, held in after.items():
        store.write(tx, consumer_id, [one for one in before if one.consumer_id == consumer_id], held)
    for provider in locked:
        providers.touch(tx, provider)


def _check(
    given: Iterable[Allocation],
    before: Iterable[Allocation],
    stocks: Mapping[str, Mapping[str, Stock]],
    known: set[str],
) -> None:
    change: dict[tuple[str, str], int] = {}
    for freed in before:
        key = freed.provider_id, freed.resource_class
        change[key] = change.get(key, 0) - freed.used
    for asked in given:
        if asked.provider_id not in known:
            raise ProviderNotFound(asked.provider_id)
        stock = stocks.get(asked.provider_id, {}).get(asked.resource_class)
        if stock is None:
            raise InventoryMissing(asked.provider_id, asked.resource_class)
        if not stock.inventory.deals(asked.used):
            raise AmountForbidden(asked.provider_id, asked.resource_class, asked.used)
        key = asked.provider_id, asked.resource_class
        change[key] = change.get(key, 0) + asked.used
        if change[key] > stock.free:
            raise CapacityExceeded(*key, asked.used, stock.free - change[key] + asked.used)
