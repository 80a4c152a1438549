"""Sums of what projects hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from cupola.base.db.transaction import Transaction
from cupola.placement.store.tables import allocations, consumers

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Usage:
    """How much of a resource class the consumers of one type hold."""

    type: str
    resource_class: str
    used: int


def of_project(tx: Transaction, project_id: str, user_id: str | None) -> list[Usage]:
    statement = (
        select(consumers.c.type, allocations.c.resource_class, func.sum(allocations.c.used).label("used"))
        .join(allocations, allocations.c.consumer_id == consumers.c.id)
        .where(*_of(project_id, user_id))
        .group_by(consumers.c.type, allocations.c.resource_class)
    )
    return [Usage(row["type"] or UNKNOWN, row["resource_class"], int(row["used"])) for row in tx.all(statement)]


def consumers_by_type(tx: Transaction, project_id: str, user_id: str | None) -> dict[str, int]:
    count = select(consumers.c.type, func.count().label("number")).where(*_of(project_id, user_id))
    return {row["type"] or UNKNOWN: row["number"] for row in tx.all(count.group_by(consumers.c.type))}


def _of(project_id: str, user_id: str | None) -> list[ColumnElement[bool]]:
    mine = [consumers.c.project_id == project_id]
    return mine if user_id is None else [*mine, consumers.c.user_id == user_id]
