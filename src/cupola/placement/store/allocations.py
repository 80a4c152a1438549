"""Allocations and the consumers that hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import add, add_all, by_id, many, remove, update
from cupola.base.db.transaction import Transaction
from cupola.placement.model.allocation import Allocation, Consumer
from cupola.placement.store.tables import allocations, consumers


def consumer(tx: Transaction, consumer_id: str, lock: bool = False) -> Consumer | None:
    return by_id(tx, Consumer, consumers, consumer_id, lock)


def consumers_of(tx: Transaction, consumer_ids: Collection[str]) -> dict[str, Consumer]:
    found = many(tx, Consumer, select(consumers).where(consumers.c.id.in_(consumer_ids)))
    return {one.id: one for one in found}


def locked_consumers(tx: Transaction, consumer_ids: Collection[str]) -> list[Consumer]:
    """Several consumers, locked in the order of their ids."""
    statement = select(consumers).where(consumers.c.id.in_(consumer_ids)).order_by(consumers.c.id)
    return many(tx, Consumer, statement.with_for_update() if tx.locks_rows else statement)


def held_by(tx: Transaction, consumer_ids: Collection[str]) -> list[Allocation]:
    """What consumers hold, in a fixed order."""
    return _ordered(tx, allocations.c.consumer_id.in_(consumer_ids))


def given_by(tx: Transaction, provider_id: str) -> list[Allocation]:
    """What a provider has given away, in a fixed order."""
    return _ordered(tx, allocations.c.provider_id == provider_id)


def held_by_type(tx: Transaction, consumer_type: str) -> list[Allocation]:
    """What consumers of a type hold, in a fixed order."""
    typed = select(consumers.c.id).where(consumers.c.type == consumer_type)
    return _ordered(tx, allocations.c.consumer_id.in_(typed))


def add_consumer(tx: Transaction, new: Consumer) -> Consumer:
    """Raises Duplicate when another transaction made it first."""
    return add(tx, consumers, new)


def touch_consumer(tx: Transaction, seen: Consumer, **changes: object) -> Consumer:
    """Write `changes` and the next generation. Raises StaleWrite."""
    return update(tx, consumers, seen, updated_at=tx.now, **changes)


def remove_consumer(tx: Transaction, consumer_id: str) -> None:
    remove(tx, consumers, consumers.c.id == consumer_id)


def write(tx: Transaction, consumer_id: str, before: Iterable[Allocation], after: Iterable[Allocation]) -> None:
    """Write the difference between two sets of allocations of one consumer."""
    old = {(one.provider_id, one.resource_class): one for one in before}
    new = {(one.provider_id, one.resource_class): one for one in after}
    mine = allocations.c.consumer_id == consumer_id
    if not new and old:
        remove(tx, allocations, mine)
        return
    for provider_id, resource_class in old.keys() - new.keys():
        remove(tx, allocations, mine, _key(provider_id, resource_class))
    for key in old.keys() & new.keys():
        if old[key].used != new[key].used:
            tx.execute(sql_update(allocations).where(mine, _key(*key)).values(used=new[key].used))
    add_all(tx, allocations, [one for key, one in sorted(new.items()) if key not in old])


def _key(provider_id: str, resource_class: str) -> ColumnElement[bool]:
    return (allocations.c.provider_id == provider_id) & (allocations.c.resource_class == resource_class)


def _ordered(tx: Transaction, condition: ColumnElement[bool]) -> list[Allocation]:
    keys = (allocations.c.consumer_id, allocations.c.provider_id, allocations.c.resource_class)
    return many(tx, Allocation, select(allocations).where(condition).order_by(*keys))
