"""Custom traits and resource classes; the standard ones have no rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Table, insert, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import remove
from cupola.base.db.transaction import Transaction
from cupola.placement.store.tables import custom_resource_classes, custom_traits, provider_traits

TRAITS, CLASSES = custom_traits, custom_resource_classes


def custom(tx: Transaction, table: Table) -> list[str]:
    """The custom names, in order."""
    return [row["name"] for row in tx.all(select(table.c.name).order_by(table.c.name))]


def made_at(tx: Transaction, table: Table, name: str) -> datetime | None:
    """When a custom name was made; None when there is none."""
    at: datetime | None = tx.scalar(select(table.c.created_at).where(table.c.name == name))
    return at


def add(tx: Transaction, table: Table, name: str) -> None:
    """Raises Duplicate when another transaction made it first."""
    tx.execute(insert(table).values(name=name, created_at=tx.now))


def rename(tx: Transaction, table: Table, name: str, new: str) -> None:
    tx.execute(sql_update(table).where(table.c.name == name).values(name=new))


def drop(tx: Transaction, table: Table, name: str) -> None:
    remove(tx, table, table.c.name == name)


def traits_in_use(tx: Transaction) -> set[str]:
    """The traits that any provider has."""
    return {row["trait"] for row in tx.all(select(provider_traits.c.trait).distinct())}
