"""All providers with all that they have, read at once (five statements)."""

from __future__ import annotations

from cupola.base.db.transaction import Transaction
from cupola.placement.model.forest import Forest, Node
from cupola.placement.store import inventories, providers


def read(tx: Transaction) -> Forest:
    stocks = inventories.stocks(tx)
    traits = providers.traits_of(tx)
    aggregates = providers.aggregates_of(tx)
    return Forest(
        Node(
            provider,
            stocks.get(provider.id, {}),
            frozenset(traits.get(provider.id, ())),
            frozenset(aggregates.get(provider.id, ())),
        )
        for provider in providers.every(tx)
    )
