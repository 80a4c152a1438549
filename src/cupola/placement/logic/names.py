"""Traits and resource classes: the standard ones, and those that operators make (CUSTOM_…)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Table

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Conflict, NotFound
from cupola.placement.model.standard import KNOWN_CLASSES, KNOWN_TRAITS, RESOURCE_CLASSES, TRAITS
from cupola.placement.store import inventories
from cupola.placement.store import names as store


class NoSuchTrait(NotFound):
    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"No such trait(s): {', '.join(sorted(names))}.")


class NoSuchResourceClass(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(f"No such resource class {name}.")


class StandardName(BadInput):
    """A standard trait or resource class cannot be changed."""


class NameInUse(Conflict):
    """A trait or resource class that a provider has cannot go."""


class NameTaken(Conflict):
    """There is a resource class of this name."""


def unknown_traits(tx: Transaction, names: Iterable[str]) -> set[str]:
    """Those of `names` that are no traits."""
    own = {name for name in names if name not in KNOWN_TRAITS}
    return own - set(store.custom(tx, store.TRAITS)) if own else set()


def check_classes(tx: Transaction, names: Iterable[str]) -> None:
    """Raises NoSuchResourceClass for the first of `names` that is none."""
    own = [name for name in names if name not in KNOWN_CLASSES]
    custom = set(store.custom(tx, store.CLASSES)) if own else set()
    for name in own:
        if name not in custom:
            raise NoSuchResourceClass(name)


def traits(ctx: Context, among: set[str] | None, prefix: str, associated: bool | None) -> list[str]:
    """All traits, or those that meet the conditions (`associated`: whether any provider has it)."""

    def read(tx: Transaction) -> list[str]:
        used = store.traits_in_use(tx) if associated is not None else set()
        return [
            name
            for name in [*TRAITS, *store.custom(tx, store.TRAITS)]
            if (among is None or name in among)
            and name.startswith(prefix)
            and (associated is None or (name in used) == associated)
        ]

    return ctx.read("trait.list", read)


def trait(ctx: Context, name: str) -> datetime | None:
    """When a custom trait was made; None for a standard one. Raises NoSuchTrait."""
    return _found(ctx, store.TRAITS, KNOWN_TRAITS, name, NoSuchTrait([name]))


def resource_class(ctx: Context, name: str) -> datetime | None:
    """When a custom resource class was made; None for a standard one. Raises NoSuchResourceClass."""
    return _found(ctx, store.CLASSES, KNOWN_CLASSES, name, NoSuchResourceClass(name))


def _found(ctx: Context, table: Table, known: frozenset[str], name: str, missing: NotFound) -> datetime | None:
    if name in known:
        return None
    at = ctx.read("name.show", lambda tx: store.made_at(tx, table, name))
    if at is None:
        raise missing
    return at


def make_trait(ctx: Context, name: str) -> bool:
    """Make a custom trait; returns whether it is new."""
    return ctx.transact("trait.create", lambda tx: _make(tx, store.TRAITS, name))


def make_class(ctx: Context, name: str) -> bool:
    """Make a custom resource class; returns whether it is new."""
    return ctx.transact("resource_class.create", lambda tx: _make(tx, store.CLASSES, name))


def _make(tx: Transaction, table: Table, name: str) -> bool:
    if store.made_at(tx, table, name) is not None:
        return False
    try:
        with tx.savepoint():
            store.add(tx, table, name)
    except Duplicate:  # somebody made it this very moment
        return False
    return True


def remove_trait(ctx: Context, name: str) -> None:
    """Raises NoSuchTrait, StandardName or NameInUse."""
    if name in KNOWN_TRAITS:
        raise StandardName(f"Cannot delete standard trait {name}.")

    def write(tx: Transaction) -> None:
        if store.made_at(tx, store.TRAITS, name) is None:
            raise NoSuchTrait([name])
        if name in store.traits_in_use(tx):
            raise NameInUse(f"The trait {name} is in use by a resource provider.")
        store.drop(tx, store.TRAITS, name)

    ctx.transact("trait.delete", write)


def classes(ctx: Context) -> list[str]:
    """All resource classes, the standard ones first."""
    return [*RESOURCE_CLASSES, *ctx.read("resource_class.list", lambda tx: store.custom(tx, store.CLASSES))]


def rename_class(ctx: Context, name: str, new: str) -> None:
    """Rename a custom resource class that nobody has.

    Raises StandardName, NoSuchResourceClass, NameTaken or NameInUse.
    """
    if name in KNOWN_CLASSES:
        raise StandardName(f"Cannot update standard resource class {name}")

    def write(tx: Transaction) -> None:
        _check_custom_class(tx, name, "update")
        if store.made_at(tx, store.CLASSES, new) is not None:
            raise NameTaken(f"Resource class already exists: {new}")
        store.rename(tx, store.CLASSES, name, new)

    ctx.transact("resource_class.rename", write)


def remove_class(ctx: Context, name: str) -> None:
    """Raises NoSuchResourceClass, StandardName or NameInUse."""
    if name in KNOWN_CLASSES:
        raise StandardName(f"Error in delete resource class: Cannot delete standard resource class {name}.")

    def write(tx: Transaction) -> None:
        _check_custom_class(tx, name, "delete")
        store.drop(tx, store.CLASSES, name)

    ctx.transact("resource_class.delete", write)


def _check_custom_class(tx: Transaction, name: str, verb: str) -> None:
    if store.made_at(tx, store.CLASSES, name) is None:
        raise NoSuchResourceClass(name)
    if inventories.any_of(tx, name):
        raise NameInUse(
            f"Error in {verb} resource class: Cannot {verb} resource class {name}. Class is in use in inventory."
        )
