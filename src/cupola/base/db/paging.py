"""Keyset paging, done once for all lists: `limit`, `marker`, sort keys and directions.

A page starts after the row that the marker names, by the values of the sort keys with the id as the last of them, so
that rows that come and go meanwhile are neither skipped nor repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, literal, or_, select

from cupola.base.db.transaction import Row, Transaction
from cupola.base.errors import BadInput

MOST = 2**31 - 1
"""rows of a page: what every database takes as a LIMIT"""


@dataclass(frozen=True)
class Page:
    """What the caller asked for. `sort` holds (column, "asc" or "desc"); `limit` None is all.

    With `reverse` it is the page before the marker (the last one without a marker), in the same order.
    """

    limit: int | None = None
    marker: str | None = None
    sort: tuple[tuple[str, str], ...] = ()
    reverse: bool = False


class BadMarker(BadInput):
    """The marker names nothing."""

    def __init__(self, marker: str) -> None:
        super().__init__(f"marker [{marker}] not found")


Key = tuple[ColumnElement[Any], bool]
"""What is sorted by, and whether ascending."""


def _keys(table: Table, page: Page, default: tuple[tuple[str, str], ...]) -> list[Key]:
    """The sort keys, the id as the last of them. NULL is the smallest value on every database, by a key of its own."""
    sort = list(page.sort or default)
    if not any(name == "id" for name, _ in sort):
        sort.append(("id", sort[-1][1] if sort else "asc"))
    keys: list[Key] = []
    for name, direction in sort:
        if name not in table.c:
            raise BadInput(f"'{name}' is not a valid sort key.")
        if direction not in ("asc", "desc"):
            raise BadInput(f"'{direction}' is not a valid sort direction, it is one of asc, desc.")
        column, ascending = table.c[name], (direction == "asc") != page.reverse
        if column.nullable:
            keys.append((case((column.is_(None), 0), else_=1), ascending))
        keys.append((column, ascending))
    return keys


def paged(
    tx: Transaction, table: Table, statement: Select[Any], page: Page, default: tuple[tuple[str, str], ...] = ()
) -> list[Row]:
    """The rows of `statement` (over `table`, which has an `id`) that make up `page`.

    Raises BadInput for an unknown sort key or direction or a limit below 0, and BadMarker for a marker that is not
    there.
    """
    keys = _keys(table, page, default)
    if page.marker is not None:
        seen = tx.execute(select(*(key for key, _ in keys)).where(table.c.id == page.marker)).fetchone()
        if seen is None:
            raise BadMarker(page.marker)
        statement = statement.where(_after(keys, list(seen)))
    statement = statement.order_by(*(key.asc() if ascending else key.desc() for key, ascending in keys))
    if page.limit is not None:
        if page.limit < 0:
            raise BadInput("limit must be 0 or more.")
        statement = statement.limit(min(page.limit, MOST))
    rows = tx.all(statement)
    return rows[::-1] if page.reverse else rows


def _after(keys: list[Key], seen: list[Any]) -> ColumnElement[bool]:
    """Behind the row with these values. A NULL among them decides nothing: the key before it has said so already."""
    alternatives, equal = [], list[ColumnElement[bool]]()
    for (key, ascending), value in zip(keys, seen, strict=True):
        if value is not None:
            there = literal(value, key.type)
            alternatives.append(and_(*equal, key > there if ascending else key < there))
            equal.append(key == there)
    return or_(*alternatives)
