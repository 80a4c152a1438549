"""Keyset paging, done once for all lists: `limit`, `marker`, sort keys and directions.

A page starts after the row that the marker names, by the values of the sort keys with the id as the last of them, so
that rows that come and go meanwhile are neither skipped nor repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from cupola.base.db.transaction import Row, Transaction
from cupola.base.errors import BadInput


@dataclass(frozen=True)
class Page:
    """What the caller asked for. `sort` holds (column, "asc" or "desc"); `limit` None is all."""

    limit: int | None = None
    marker: str | None = None
    sort: tuple[tuple[str, str], ...] = ()
    reverse: bool = False


class BadMarker(BadInput):
    """The marker names nothing in this list."""

    def __init__(self, marker: str) -> None:
        super().__init__(f"marker [{marker}] not found")


def _keyed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL sorts as the smallest value on every database."""
    if not getattr(column, "nullable", False):
        return column
    python_type = column.type.python_type
    return func.coalesce(column, python_type(0) if python_type in (int, float, bool) else "")


def paged(
    tx: Transaction, table: Table, statement: Select[Any], page: Page, default: tuple[tuple[str, str], ...] = ()
) -> list[Row]:
    """The rows of `statement` (over `table`, which has an `id`) that make up `page`.

    Raises BadInput for an unknown sort key and BadMarker for a marker that is not there.
    """
    sort = list(page.sort or default)
    directions = [direction for _, direction in sort]
    if not any(key == "id" for key, _ in sort):
        sort.append(("id", directions[-1] if directions else "asc"))
    keys = []
    for key, direction in sort:
        if key not in table.c:
            raise BadInput(f"'{key}' is not a valid sort key.")
        keys.append((_keyed(table.c[key]), (direction == "asc") != page.reverse))
    if page.marker is not None:
        seen = tx.execute(select(*(key for key, _ in keys)).where(table.c.id == page.marker)).fetchone()
        if seen is None:
            raise BadMarker(page.marker)
        statement = statement.where(_after(keys, list(seen)))
    statement = statement.order_by(*(key.asc() if ascending else key.desc() for key, ascending in keys))
    if page.limit is not None:
        statement = statement.limit(page.limit)
    rows = tx.all(statement)
    return rows[::-1] if page.reverse else rows


def _after(keys: list[tuple[ColumnElement[Any], bool]], seen: list[Any]) -> ColumnElement[bool]:
    alternatives = []
    for position, (key, ascending) in enumerate(keys):
        equal = [keys[before][0] == seen[before] for before in range(position)]
        alternatives.append(and_(*equal, key > seen[position] if ascending else key < seen[position]))
    return or_(*alternatives)
