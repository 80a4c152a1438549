"""Resource providers, their traits and aggregates."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import add, by_id, many, one, remove, update
from cupola.base.db.transaction import Transaction
from cupola.placement.model.provider import Provider
from cupola.placement.store.tables import inventories, provider_aggregates, provider_traits, providers


def find(tx: Transaction, provider_id: str, lock: bool = False) -> Provider | None:
    """A provider; with `lock` nobody else gives anything of it away until the transaction ends."""
    return by_id(tx, Provider, providers, provider_id, lock)


def named(tx: Transaction, name: str) -> Provider | None:
    return one(tx, Provider, select(providers).where(providers.c.name == name))


def every(tx: Transaction, statement: Select[Any] | None = None) -> list[Provider]:
    """All providers (or those of a `statement` over them), by name."""
    return many(tx, Provider, (select(providers) if statement is None else statement).order_by(providers.c.name))


def several(tx: Transaction, provider_ids: Collection[str]) -> list[Provider]:
    return every(tx, select(providers).where(providers.c.id.in_(provider_ids)))


def locked(tx: Transaction, provider_ids: Collection[str]) -> list[Provider]:
    """Several providers, locked in the order of their ids so that two transactions never wait for each other."""
    statement = select(providers).where(providers.c.id.in_(provider_ids)).order_by(providers.c.id)
    return many(tx, Provider, statement.with_for_update() if tx.locks_rows else statement)


def insert_provider(tx: Transaction, provider: Provider) -> Provider:
    """Raises Duplicate when its id or name is taken."""
    return add(tx, providers, provider)


def touch(tx: Transaction, provider: Provider, **changes: Any) -> Provider:
    """Write `changes` and the next generation. Raises StaleWrite."""
    return update(tx, providers, provider, updated_at=tx.now, **changes)


def place(tx: Transaction, provider: Provider, name: str, root_id: str, parent_id: str | None) -> Provider:
    """Rename or re-hang a provider, with all below it; what it offers is the same, so its generation stays.

    Raises Duplicate when the name is taken.
    """
    row = sql_update(providers).where(providers.c.id == provider.id)
    tx.execute(row.values(name=name, parent_id=parent_id, updated_at=tx.now))
    if root_id != provider.root_id:
        below = _subtree(tx, provider)
        tx.execute(sql_update(providers).where(providers.c.id.in_(below)).values(root_id=root_id))
    return dataclasses.replace(provider, name=name, root_id=root_id, parent_id=parent_id, updated_at=tx.now)


def _subtree(tx: Transaction, provider: Provider) -> set[str]:
    """A provider and all below it."""
    tree = tx.all(select(providers.c.id, providers.c.parent_id).where(providers.c.root_id == provider.root_id))
    found = {provider.id}
    while more := {row["id"] for row in tree if row["parent_id"] in found} - found:
        found |= more
    return found


def has_children(tx: Transaction, provider_id: str) -> bool:
    return tx.first(select(providers.c.id).where(providers.c.parent_id == provider_id).limit(1)) is not None


def remove_provider(tx: Transaction, provider_id: str) -> None:
    """Remove a provider with all that it offers."""
    for table in (inventories, provider_traits, provider_aggregates):
        remove(tx, table, table.c.provider_id == provider_id)
    remove(tx, providers, providers.c.id == provider_id)


def traits_of(tx: Transaction, provider_ids: Collection[str] | None = None) -> dict[str, set[str]]:
    """Traits by provider; of all providers when none are named."""
    return _named_sets(tx, provider_traits, "trait", provider_ids)


def aggregates_of(tx: Transaction, provider_ids: Collection[str] | None = None) -> dict[str, set[str]]:
    """Aggregate ids by provider; of all providers when none are named."""
    return _named_sets(tx, provider_aggregates, "aggregate_id", provider_ids)


def set_traits(tx: Transaction, provider_id: str, before: set[str], after: Iterable[str]) -> bool:
    """Write the difference between two sets of traits; returns whether there was one."""
    return _write_sets(tx, provider_traits, "trait", provider_id, before, set(after))


def set_aggregates(tx: Transaction, provider_id: str, before: set[str], after: Iterable[str]) -> bool:
    """Write the difference between two sets of aggregates; returns whether there was one."""
    return _write_sets(tx, provider_aggregates, "aggregate_id", provider_id, before, set(after))


def _named_sets(tx: Transaction, table: Any, column: str, provider_ids: Collection[str] | None) -> dict[str, set[str]]:
    statement = select(table)
    if provider_ids is not None:
        statement = statement.where(table.c.provider_id.in_(provider_ids))
    found: dict[str, set[str]] = {}
    for row in tx.all(statement):
        found.setdefault(row["provider_id"], set()).add(row[column])
    return found


def _write_sets(tx: Transaction, table: Any, column: str, provider_id: str, before: set[str], after: set[str]) -> bool:
    if gone := before - after:
        remove(tx, table, table.c.provider_id == provider_id, table.c[column].in_(gone))
    if new := after - before:
        tx.execute(insert(table), [{"provider_id": provider_id, column: name} for name in sorted(new)])
    return before != after
