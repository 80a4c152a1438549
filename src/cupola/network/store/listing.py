"""Lists: filters, tags and pages, the same for every resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, false, or_, select

from cupola.base.db.paging import paged
from cupola.base.db.transaction import Row, Transaction
from cupola.network.model.query import Query
from cupola.network.store.tables import tags


def listed(tx: Transaction, table: Table, query: Query, *conditions: ColumnElement[bool]) -> list[Row]:
    """The rows of `table` that meet `conditions` and are asked for. Raises BadMarker."""
    wanted = [*conditions, *_filters(table, query.filters), *_tagged(table, query)]
    return paged(tx, table, select(table).where(*wanted), query.page)


def _filters(table: Table, filters: Mapping[str, tuple[Any, ...]]) -> Iterable[ColumnElement[bool]]:
    for name, values in filters.items():
        column = table.c[name]
        some = [value for value in values if value is not None]
        alternatives = [column.in_(some)] if some else []
        if None in values:
            alternatives.append(column.is_(None))
        yield or_(false(), *alternatives)


def _tagged(table: Table, query: Query) -> Iterable[ColumnElement[bool]]:
    def having(*names: str) -> ColumnElement[bool]:
        return table.c.id.in_(select(tags.c.resource_id).where(tags.c.tag.in_(names)))

    for tag in query.tags:
        yield having(tag)
    if query.tags_any:
        yield having(*query.tags_any)
    if query.not_tags:
        yield or_(*(~having(tag) for tag in query.not_tags))
    if query.not_tags_any:
        yield ~having(*query.not_tags_any)


def gathered(tx: Transaction, table: Table, key: str, value: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The `value`s of each `key` in one statement, sorted."""
    found: dict[str, list[str]] = {}
    if keys:
        query = select(table.c[key], table.c[value]).where(table.c[key].in_(keys)).order_by(table.c[value])
        for row in tx.all(query):
            found.setdefault(row[key], []).append(row[value])
    return {each: tuple(values) for each, values in found.items()}
