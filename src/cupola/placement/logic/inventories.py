"""Inventories of providers, each change guarded by the provider's generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput, NotFound
from cupola.placement.errors import ConcurrentUpdate, InvalidInventory, InventoryInUse
from cupola.placement.logic.names import NoSuchResourceClass, check_classes
from cupola.placement.logic.providers import find_in
from cupola.placement.model.inventory import Inventory
from cupola.placement.model.provider import Provider
from cupola.placement.store import inventories as store
from cupola.placement.store import providers


class InventoryNotFound(NotFound):
    def __init__(self, provider_id: str, resource_class: str) -> None:
        super().__init__(f"No inventory of class {resource_class} for {provider_id}")


class CannotChange(BadInput):
    """The change names what does not exist."""


Found = tuple[Provider, Mapping[str, Inventory]]


def listed(ctx: Context, provider_id: str) -> Found:
    """A provider and its inventories. Raises ProviderNotFound."""

    def read(tx: Transaction) -> Found:
        return find_in(tx, provider_id), store.of(tx, provider_id)

    return ctx.read("inventory.list", read)


def find(ctx: Context, provider_id: str, resource_class: str) -> tuple[Provider, Inventory]:
    """Raises ProviderNotFound or InventoryNotFound."""
    provider, found = listed(ctx, provider_id)
    if resource_class not in found:
        raise InventoryNotFound(provider_id, resource_class)
    return provider, found[resource_class]


def replace(ctx: Context, provider_id: str, generation: int | None, wanted: Iterable[Inventory], full: bool) -> Found:
    """Let a provider have just these. Raises as `replace_in`."""
    return ctx.transact("inventory.set", lambda tx: replace_in(tx, provider_id, generation, list(wanted), full))


def replace_in(tx: Transaction, provider_id: str, generation: int | None, wanted: list[Inventory], full: bool) -> Found:
    """Let a provider have just these inventories.

    `generation` None: whatever it is. `full`: all of an inventory may be reserved. Raises ProviderNotFound,
    ConcurrentUpdate, InvalidInventory, CannotChange or InventoryInUse.
    """
    provider = _at(tx, provider_id, generation)
    before = store.of(tx, provider_id)
    _check(tx, provider_id, wanted, full)
    gone = before.keys() - {inventory.resource_class for inventory in wanted}
    _check_unused(tx, provider_id, gone)
    store.write(tx, before, wanted)
    return providers.touch(tx, provider), {inventory.resource_class: inventory for inventory in wanted}


def add(ctx: Context, inventory: Inventory, full: bool) -> tuple[Provider, Inventory]:
    """Give a provider one more. Raises ProviderNotFound, InvalidInventory, CannotChange or ConcurrentUpdate."""

    def write(tx: Transaction) -> tuple[Provider, Inventory]:
        provider = _at(tx, inventory.provider_id, None)
        _check(tx, provider.id, [inventory], full)
        before = store.of(tx, provider.id)
        if inventory.resource_class in before:
            raise ConcurrentUpdate(f"Update conflict: there is an inventory of class {inventory.resource_class}.")
        store.write(tx, before, [*before.values(), inventory])
        return providers.touch(tx, provider), inventory

    return ctx.transact("inventory.create", write)


def update(ctx: Context, inventory: Inventory, generation: int, full: bool) -> tuple[Provider, Inventory]:
    """Change one. Raises ProviderNotFound, ConcurrentUpdate, InvalidInventory or CannotChange."""

    def write(tx: Transaction) -> tuple[Provider, Inventory]:
        provider = _at(tx, inventory.provider_id, generation)
        _check(tx, provider.id, [inventory], full)
        before = store.of(tx, provider.id)
        if inventory.resource_class not in before:
            raise CannotChange(
                f"No inventory record with resource class for resource provider {provider.id}: "
                f"No inventory of class {inventory.resource_class} found."
            )
        store.write(
            tx, before, [*(one for one in before.values() if one.resource_class != inventory.resource_class), inventory]
        )
        return providers.touch(tx, provider), inventory

    return ctx.transact("inventory.update", write)


def remove(ctx: Context, provider_id: str, resource_class: str) -> None:
    """Raises ProviderNotFound, InventoryNotFound or InventoryInUse."""

    def write(tx: Transaction) -> None:
        provider = _at(tx, provider_id, None)
        before = store.of(tx, provider_id)
        if resource_class not in before:
            raise InventoryNotFound(provider_id, resource_class)
        _check_unused(tx, provider_id, {resource_class})
        store.write(tx, before, [one for name, one in before.items() if name != resource_class])
        providers.touch(tx, provider)

    ctx.transact("inventory.delete", write)


def _at(tx: Transaction, provider_id: str, generation: int | None) -> Provider:
    provider = find_in(tx, provider_id, lock=True)
    if generation is not None and generation != provider.generation:
        raise ConcurrentUpdate("resource provider generation conflict")
    return provider


def _check(tx: Transaction, provider_id: str, wanted: Iterable[Inventory], full: bool) -> None:
    try:
        check_classes(tx, [inventory.resource_class for inventory in wanted])
    except NoSuchResourceClass as error:
        raise CannotChange(
            f"Unknown resource class in inventory for resource provider {provider_id}: {error.message}"
        ) from error
    for inventory in wanted:
        if inventory.capacity < 0 or (inventory.capacity == 0 and not full):
            raise InvalidInventory(
                f"Unable to update inventory for resource provider {provider_id}: Invalid inventory for "
                f"'{inventory.resource_class}' on resource provider '{provider_id}'. The reserved value is "
                f"greater than {'' if full else 'or equal to '}total."
            )


def _check_unused(tx: Transaction, provider_id: str, resource_classes: Iterable[str]) -> None:
    used = store.used(tx, [provider_id]).get(provider_id, {})
    if taken := sorted(set(resource_classes) & used.keys()):
        raise InventoryInUse(provider_id, ", ".join(taken))
