"""Rows as frozen values: reading them into dataclasses, and writing them guarded by their generation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, Table, delete, insert, select
from sqlalchemy import update as sql_update

from cupola.base.db.transaction import Transaction
from cupola.base.errors import StaleWrite


class Versioned(Protocol):
    """A value that was read from a row with a generation."""

    @property
    def id(self) -> str: ...
    @property
    def generation(self) -> int: ...


T = TypeVar("T")
V = TypeVar("V", bound=Versioned)


def values(row: object) -> dict[str, Any]:
    """The fields of a value as column → value (not into nested values)."""
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}  # type: ignore[arg-type]


def add(tx: Transaction, table: Table, row: T) -> T:
    """Insert a value whose fields are the columns of `table`. Raises Duplicate."""
    tx.execute(insert(table).values(**values(row)))
    return row


def add_all(tx: Transaction, table: Table, rows: Iterable[object]) -> None:
    """Insert several values in one statement."""
    if many := [values(row) for row in rows]:
        tx.execute(insert(table), many)


def one(tx: Transaction, cls: type[T], statement: Select[Any], lock: bool = False) -> T | None:
    """Read one row into `cls`; with `lock` it is kept from other writers until the transaction ends."""
    if lock and tx.locks_rows:
        statement = statement.with_for_update()
    row = tx.first(statement)
    return None if row is None else cls(**row)


def many(tx: Transaction, cls: type[T], statement: Select[Any]) -> list[T]:
    return [cls(**row) for row in tx.all(statement)]


def update(tx: Transaction, table: Table, seen: V, **changes: Any) -> V:
    """Write `changes`, unless somebody wrote after `seen` was read. Raises StaleWrite."""
    unchanged = (table.c.id == seen.id) & (table.c.generation == seen.generation)
    done = tx.execute(sql_update(table).where(unchanged).values(generation=seen.generation + 1, **changes))
    if done.rowcount != 1:
        raise StaleWrite(table.name.removesuffix("s"), seen.id)
    return dataclasses.replace(seen, generation=seen.generation + 1, **changes)  # type: ignore[type-var]


def remove(tx: Transaction, table: Table, *conditions: ColumnElement[bool], seen: int | None = None) -> int:
    """Delete the rows that meet all `conditions`; returns how many there were.

    With `seen`, the number of them that was read, raises StaleWrite if there were more or less: what follows from their
    going (such as quota that is given back) is then another's, or not all.
    """
    if not conditions:
        raise ValueError("remove without a condition")
    removed = tx.execute(delete(table).where(*conditions)).rowcount
    if seen is not None and removed != seen:
        raise StaleWrite("a row of", table.name)
    return removed


def by_id(tx: Transaction, cls: type[T], table: Table, identity: str, lock: bool = False) -> T | None:
    return one(tx, cls, select(table).where(table.c.id == identity), lock)


def grouped(rows: Iterable[Mapping[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by the value of one column, in the order they came."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(dict(row))
    return groups
