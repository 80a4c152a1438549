"""Flavors: made, described and removed by administrators, seen by all who may use them."""

from __future__ import annotations

from collections.abc import Mapping

from cupola.base.context import Context
from cupola.base.db.paging import Page
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput, Conflict, NotFound
from cupola.compute.model import extra_specs
from cupola.compute.model.flavor import FIRST, Flavor, FlavorFilter
from cupola.compute.store import flavors as store


class FlavorNotFound(NotFound):
    def __init__(self, flavor_id: str) -> None:
        super().__init__(f"Flavor {flavor_id} could not be found.")


class FlavorTaken(Conflict):
    """There is one with this id or name."""


class InvalidExtraSpec(BadInput):
    """An extra spec with a known meaning has a value that means nothing."""


class ExtraSpecNotFound(NotFound):
    def __init__(self, flavor_id: str, key: str) -> None:
        super().__init__(f"Flavor {flavor_id} has no extra specs with key {key}.")


def find_in(tx: Transaction, ctx: Context, flavor_id: str) -> Flavor:
    """A flavor by id. Raises FlavorNotFound, also for a private one that the caller's project was not given."""
    flavor = store.find(tx, flavor_id)
    if flavor is None:
        raise FlavorNotFound(flavor_id)
    if flavor.is_public or ctx.is_admin or ctx.project_id in store.projects_of(tx, flavor_id):
        return flavor
    raise FlavorNotFound(flavor_id)


def find(ctx: Context, flavor_id: str) -> Flavor:
    """Raises FlavorNotFound."""
    return ctx.read("flavor.show", lambda tx: find_in(tx, ctx, flavor_id))


def listed(ctx: Context, wanted: FlavorFilter, page: Page) -> list[Flavor]:
    """Raises BadMarker and BadInput (a sort key that is none)."""
    return ctx.read("flavor.list", lambda tx: store.listed(tx, wanted, page))


def create(ctx: Context, flavor: Flavor) -> Flavor:
    """Raises FlavorTaken."""
    return ctx.transact("flavor.create", lambda tx: create_in(tx, flavor))


def create_in(tx: Transaction, flavor: Flavor) -> Flavor:
    if store.name_taken(tx, flavor.name):
        raise FlavorTaken(f"Flavor with name {flavor.name} already exists.")
    if store.find(tx, flavor.id) is not None:
        raise FlavorTaken(f"Flavor with ID {flavor.id} already exists.")
    return store.insert_flavor(tx, flavor)


def describe(ctx: Context, flavor_id: str, description: str | None) -> Flavor:
    """Raises FlavorNotFound."""
    return ctx.transact(
        "flavor.update", lambda tx: store.write(tx, find_in(tx, ctx, flavor_id), description=description)
    )


def delete(ctx: Context, flavor_id: str) -> None:
    """Servers keep their copy of it. Raises FlavorNotFound."""

    def write(tx: Transaction) -> None:
        if not store.remove(tx, flavor_id):
            raise FlavorNotFound(flavor_id)

    ctx.transact("flavor.delete", write)


def set_extra_specs(ctx: Context, flavor_id: str, specs: Mapping[str, str], checked: bool) -> None:
    """Add or change some. With `checked`, those of a known meaning must mean something: raises InvalidExtraSpec."""
    for name, value in specs.items() if checked else ():
        if (wrong := extra_specs.fault(name, value)) is not None:
            raise InvalidExtraSpec(wrong)

    def write(tx: Transaction) -> None:
        flavor = find_in(tx, ctx, flavor_id)
        store.write(tx, flavor, extra_specs={**flavor.extra_specs, **specs})

    ctx.transact("flavor.extra_specs", write)


def extra_spec(ctx: Context, flavor_id: str, key: str) -> str:
    """Raises FlavorNotFound or ExtraSpecNotFound."""
    flavor = find(ctx, flavor_id)
    if key not in flavor.extra_specs:
        raise ExtraSpecNotFound(flavor_id, key)
    return flavor.extra_specs[key]


def remove_extra_spec(ctx: Context, flavor_id: str, key: str) -> None:
    """Raises FlavorNotFound or ExtraSpecNotFound."""

    def write(tx: Transaction) -> None:
        flavor = find_in(tx, ctx, flavor_id)
        if key not in flavor.extra_specs:
            raise ExtraSpecNotFound(flavor_id, key)
        rest = {name: value for name, value in flavor.extra_specs.items() if name != key}
        store.write(tx, flavor, extra_specs=rest)

    ctx.transact("flavor.extra_specs", write)


def bootstrap(ctx: Context) -> None:
    """Make the flavors that a new cloud starts with; those that are there, by id or name, stay as they are."""

    def write(tx: Transaction) -> None:
        for flavor_id, name, memory_mb, vcpus, root_gb in FIRST:
            if store.find(tx, flavor_id) is None and not store.name_taken(tx, name):
                store.insert_flavor(
                    tx, Flavor(flavor_id, name, memory_mb, vcpus, root_gb, 0, 0, 1.0, True, None, {}, 1, tx.now, None)
                )

    ctx.transact("flavor.bootstrap", write)
