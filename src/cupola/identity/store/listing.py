"""Lists with filters and pages, the same for all resources of identity."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table

from cupola.base.db.paging import BadMarker, Page, paged
from cupola.base.db.transaction import Transaction
from cupola.identity.errors import MarkerUnknown
from cupola.identity.model.listing import Filter, Listed, Wanted

T = TypeVar("T")


def listed(tx: Transaction, cls: type[T], table: Table, statement: Select[Any], wanted: Wanted) -> Listed[T]:
    """The rows of `statement` that pass the filters, ordered by id. Raises MarkerUnknown."""
    for condition in wanted.filters:
        if condition.name in table.c:
            statement = statement.where(_meets(table.c[condition.name], condition))
    page = Page(limit=None if wanted.limit is None else wanted.limit + 1, marker=wanted.marker)
    try:
        found = paged(tx, table, statement, page)
    except BadMarker:
        raise MarkerUnknown(f"Marker {wanted.marker} could not be found.") from None
    more = wanted.limit is not None and len(found) > wanted.limit
    return Listed([cls(**row) for row in found[: wanted.limit]], more)


def _meets(column: ColumnElement[Any], condition: Filter) -> ColumnElement[bool]:
    if condition.comparator == "equals":
        return column == condition.value
    comparison = getattr(column, condition.comparator)
    result: ColumnElement[bool] = comparison(str(condition.value), autoescape=True)
    return result
