"""Inventories of providers, alone and with what is used of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import add_all, many, remove, values
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.tables import hosts
from cupola.placement.model.inventory import Inventory, Stock
from cupola.placement.store.tables import allocations, inventories, providers

Usages = dict[str, dict[str, int]]
"""provider id → resource class → amount"""


def of(tx: Transaction, provider_id: str) -> dict[str, Inventory]:
    """A provider's inventories by resource class."""
    found = many(tx, Inventory, select(inventories).where(inventories.c.provider_id == provider_id))
    return {inventory.resource_class: inventory for inventory in sorted(found, key=lambda one: one.resource_class)}


def used(tx: Transaction, provider_ids: Collection[str] | None = None) -> Usages:
    """What is allocated, by provider and resource class; of all providers when none are named."""
    statement = select(
        allocations.c.provider_id, allocations.c.resource_class, func.sum(allocations.c.used).label("used")
    ).group_by(allocations.c.provider_id, allocations.c.resource_class)
    if provider_ids is not None:
        statement = statement.where(allocations.c.provider_id.in_(provider_ids))
    found: Usages = {}
    for row in tx.all(statement):
        found.setdefault(row["provider_id"], {})[row["resource_class"]] = int(row["used"])
    return found


def stocks(tx: Transaction, provider_ids: Collection[str] | None = None) -> dict[str, dict[str, Stock]]:
    """Inventories with what is used of them, by provider and resource class (two statements)."""
    statement = select(inventories).order_by(inventories.c.provider_id, inventories.c.resource_class)
    if provider_ids is not None:
        statement = statement.where(inventories.c.provider_id.in_(provider_ids))
    taken = used(tx, provider_ids)
    found: dict[str, dict[str, Stock]] = {}
    for inventory in many(tx, Inventory, statement):
        amount = taken.get(inventory.provider_id, {}).get(inventory.resource_class, 0)
        found.setdefault(inventory.provider_id, {})[inventory.resource_class] = Stock(inventory, amount)
    return found


def roomiest(tx: Transaction, resource_class: str, most: int, but: Collection[str] = ()) -> list[str]:
    """The providers of hosts, without those of `but`, that have the most left of a class, at most so many in order."""
    taken = (
        select(allocations.c.provider_id, func.sum(allocations.c.used).label("used"))
        .where(allocations.c.resource_class == resource_class)
        .group_by(allocations.c.provider_id)
        .subquery()
    )
    capacity = (inventories.c.total - inventories.c.reserved) * inventories.c.allocation_ratio
    left = capacity - func.coalesce(taken.c.used, 0)
    statement = (
        select(inventories.c.provider_id)
        .join(providers, providers.c.id == inventories.c.provider_id)
        .join(hosts, hosts.c.name == providers.c.name)
        .outerjoin(taken, taken.c.provider_id == inventories.c.provider_id)
        .where(inventories.c.resource_class == resource_class, inventories.c.provider_id.not_in(sorted(but)))
        .order_by(left.desc(), inventories.c.provider_id)
        .limit(most)
    )
    return [row["provider_id"] for row in tx.all(statement)]


def write(tx: Transaction, before: Mapping[str, Inventory], after: Iterable[Inventory]) -> bool:
    """Write the difference between two sets of inventories of one provider; returns whether there was one."""
    wanted = {inventory.resource_class: inventory for inventory in after}
    if gone := [inventory for name, inventory in before.items() if name not in wanted]:
        remove(
            tx,
            inventories,
            inventories.c.provider_id == gone[0].provider_id,
            inventories.c.resource_class.in_([inventory.resource_class for inventory in gone]),
        )
    add_all(tx, inventories, [inventory for name, inventory in wanted.items() if name not in before])
    for name, inventory in wanted.items():
        if name in before and before[name] != inventory:
            key = (inventories.c.provider_id == inventory.provider_id) & (inventories.c.resource_class == name)
            tx.execute(sql_update(inventories).where(key).values(**values(inventory)))
    return dict(before) != wanted


def any_of(tx: Transaction, resource_class: str) -> bool:
    """Whether any provider has inventory of a class."""
    return bool(tx.scalar(select(func.count()).where(inventories.c.resource_class == resource_class)))
