"""Allocations as clients of the API set and see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput, NotFound
from cupola.placement.errors import ConcurrentUpdate, ProviderNotFound
from cupola.placement.logic.assignments import assign_in
from cupola.placement.logic.claims import release_in
from cupola.placement.logic.inventories import replace_in
from cupola.placement.logic.names import NoSuchResourceClass, check_classes
from cupola.placement.logic.providers import find_in
from cupola.placement.model.allocation import Allocation, Consumer
from cupola.placement.model.demand import Demand
from cupola.placement.model.inventory import Inventory
from cupola.placement.model.provider import Provider
from cupola.placement.store import allocations as store
from cupola.placement.store import inventories as inventory_store
from cupola.placement.store import providers


class NothingHeld(NotFound):
    def __init__(self, consumer_id: str) -> None:
        super().__init__(f"No allocations for consumer '{consumer_id}'")


class CannotAllocate(BadInput):
    """The request names what does not exist."""


def held_by(ctx: Context, consumer_id: str) -> tuple[Consumer | None, list[Allocation], Mapping[str, Provider]]:
    """A consumer, what it holds, and the providers that gave it."""

    def read(tx: Transaction) -> tuple[Consumer | None, list[Allocation], Mapping[str, Provider]]:
        held = store.held_by(tx, [consumer_id])
        givers = {one.id: one for one in providers.several(tx, {one.provider_id for one in held})}
        return store.consumer(tx, consumer_id), held, givers

    return ctx.read("allocation.show", read)


def given_by(ctx: Context, provider_id: str) -> tuple[Provider, list[Allocation], Mapping[str, Consumer]]:
    """A provider, what it has given, and the consumers that hold it. Raises ProviderNotFound."""

    def read(tx: Transaction) -> tuple[Provider, list[Allocation], Mapping[str, Consumer]]:
        provider = find_in(tx, provider_id)
        given = store.given_by(tx, provider_id)
        return provider, given, store.consumers_of(tx, {one.consumer_id for one in given})

    return ctx.read("allocation.list", read)


def write(ctx: Context, demands: Sequence[Demand]) -> None:
    """Let consumers hold what is demanded, all or nothing.

    Raises ConcurrentUpdate, CannotAllocate, or a Conflict when a provider has not enough.
    """
    ctx.transact("allocation.set", lambda tx: write_in(tx, demands))


def write_in(tx: Transaction, demands: Sequence[Demand]) -> None:
    known = {one.id: one for one in store.locked_consumers(tx, [demand.consumer_id for demand in demands])}
    for demand in demands:
        _check_generation(demand, known.get(demand.consumer_id))
    try:
        check_classes(tx, {name for demand in demands for some in demand.amounts.values() for name in some})
        assign_in(tx, {demand.consumer_id: demand.allocations() for demand in demands})
    except ProviderNotFound as error:
        raise CannotAllocate(f"Allocation for resource provider '{error.provider_id}' that does not exist.") from error
    except NoSuchResourceClass as error:
        raise CannotAllocate(f"Unable to allocate inventory: {error.message}") from error
    for demand in demands:
        _write_consumer(tx, demand, known.get(demand.consumer_id))


def _check_generation(demand: Demand, seen: Consumer | None) -> None:
    present = None if seen is None else seen.generation
    if demand.guarded and demand.generation != present:
        expected, got = ("null" if one is None else one for one in (present, demand.generation))
        raise ConcurrentUpdate(f"consumer generation conflict - expected {expected} but got {got}")


def _write_consumer(tx: Transaction, demand: Demand, seen: Consumer | None) -> None:
    if not demand.amounts:
        store.remove_consumer(tx, demand.consumer_id)
    elif seen is None:
        new = Consumer(demand.consumer_id, demand.project_id, demand.user_id, demand.type, 1, tx.now, tx.now)
        store.add_consumer(tx, new)
    else:
        type_ = demand.type or seen.type
        store.touch_consumer(tx, seen, project_id=demand.project_id, user_id=demand.user_id, type=type_)


def clear(ctx: Context, consumer_id: str) -> None:
    """Take from a consumer all it holds. Raises NothingHeld."""

    def body(tx: Transaction) -> None:
        if not store.held_by(tx, [consumer_id]):
            raise NothingHeld(consumer_id)
        release_in(tx, ctx, consumer_id)

    ctx.transact("allocation.delete", body)


def reshape(
    ctx: Context, inventories: Mapping[str, tuple[int, list[Inventory]]], demands: Sequence[Demand], full: bool
) -> None:
    """Move inventories between providers together with what is allocated of them, all or nothing.

    `inventories` are by provider id, with the generation each must be at. Raises CannotAllocate, ConcurrentUpdate,
    InventoryInUse, InvalidInventory, or a Conflict when a provider has not enough.
    """

    def body(tx: Transaction) -> None:
        moved: list[tuple[str, list[Inventory]]] = []
        for provider_id, (generation, wanted) in sorted(inventories.items()):
            present = _present(tx, provider_id)
            wider = {one.resource_class: one for one in [*present, *wanted]}
            provider, _ = replace_in(tx, provider_id, generation, list(wider.values()), full)
            moved.append((provider.id, wanted))
        write_in(tx, demands)
        for provider_id, wanted in moved:
            replace_in(tx, provider_id, None, wanted, full)

    try:
        ctx.transact("placement.reshape", body)
    except ProviderNotFound as error:
        raise CannotAllocate(
            f"Resource provider {error.provider_id} in inventories not found: {error.message}"
        ) from error


def _present(tx: Transaction, provider_id: str) -> list[Inventory]:
    return list(inventory_store.of(tx, provider_id).values())
