"""What a scheduler chooses from: every provider, measured against a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cupola.base.db.transaction import Transaction
from cupola.placement.model.candidate import Candidate, measured
from cupola.placement.store import inventories, providers


def candidates_in(
    tx: Transaction,
    resources: Mapping[str, int],
    required_traits: Collection[str] = (),
    among: Collection[str] | None = None,
) -> tuple[Candidate, ...]:
    """All providers (or those `among` these ids) by name, those that do not fit with what they lack, so that a refusal
    can be counted and told.

    Four statements, whatever the number of providers.
    """
    stocks = inventories.stocks(tx, among)
    traits = providers.traits_of(tx, among)
    found = []
    for provider in providers.every(tx) if among is None else providers.several(tx, among):
        own = stocks.get(provider.id, {})
        lacks = {name: measured(own.get(name), amount) for name, amount in resources.items() if amount}
        has = frozenset(traits.get(provider.id, ()))
        found.append(
            Candidate(
                provider_id=provider.id,
                name=provider.name,
                generation=provider.generation,
                inventories=own,
                traits=has,
                lacks={name: amount for name, amount in lacks.items() if amount},
                lacks_traits=frozenset(required_traits) - has,
            )
        )
    return tuple(found)


def roomiest_in(tx: Transaction, resource_class: str, most: int, but: Collection[str] = ()) -> list[str]:
    """The ids of the hosts' providers that have the most left of a resource class, at most so many and none of `but`:
    where to look first. Others than hosts may have some, too."""
    return inventories.roomiest(tx, resource_class, most, but)
