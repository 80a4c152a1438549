"""What a provider is: its traits, and the aggregates it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput
from cupola.placement.errors import ConcurrentUpdate
from cupola.placement.logic.names import unknown_traits
from cupola.placement.logic.providers import find_in
from cupola.placement.model.provider import Provider
from cupola.placement.store import providers as store


class UnknownTrait(BadInput):
    """A provider cannot have what is no trait."""


Found = tuple[Provider, list[str]]


def traits(ctx: Context, provider_id: str) -> Found:
    """A provider and its traits. Raises ProviderNotFound."""

    def read(tx: Transaction) -> Found:
        provider = find_in(tx, provider_id)
        return provider, sorted(store.traits_of(tx, [provider_id]).get(provider_id, ()))

    return ctx.read("resource_provider.traits", read)


def set_traits(ctx: Context, provider_id: str, wanted: Sequence[str], generation: int | None) -> Found:
    """Let a provider have just these traits. Raises ProviderNotFound, ConcurrentUpdate or UnknownTrait."""

    def write(tx: Transaction) -> Found:
        provider = _at(tx, provider_id, generation)
        if missing := unknown_traits(tx, wanted):
            raise UnknownTrait(f"No such trait {', '.join(sorted(missing))}")
        before = store.traits_of(tx, [provider_id]).get(provider_id, set())
        if store.set_traits(tx, provider_id, before, wanted):
            provider = store.touch(tx, provider)
        return provider, sorted(set(wanted))

    return ctx.transact("resource_provider.traits", write)


def aggregates(ctx: Context, provider_id: str) -> Found:
    """A provider and the ids of its aggregates. Raises ProviderNotFound."""

    def read(tx: Transaction) -> Found:
        provider = find_in(tx, provider_id)
        return provider, sorted(store.aggregates_of(tx, [provider_id]).get(provider_id, ()))

    return ctx.read("resource_provider.aggregates", read)


def set_aggregates(ctx: Context, provider_id: str, wanted: Sequence[str], generation: int | None) -> Found:
    """Let a provider belong to just these. With a `generation` it moves to the next one.

    Raises ProviderNotFound or ConcurrentUpdate.
    """

    def write(tx: Transaction) -> Found:
        provider = _at(tx, provider_id, generation)
        before = store.aggregates_of(tx, [provider_id]).get(provider_id, set())
        store.set_aggregates(tx, provider_id, before, wanted)
        if generation is not None:
            provider = store.touch(tx, provider)
        return provider, list(wanted)

    return ctx.transact("resource_provider.aggregates", write)


def _at(tx: Transaction, provider_id: str, generation: int | None) -> Provider:
    provider = find_in(tx, provider_id, lock=True)
    if generation is not None and generation != provider.generation:
        raise ConcurrentUpdate(
            "Resource provider's generation already changed. Please update the generation and try again."
        )
    return provider
