"""Rows of host aggregates and their members."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.compute.model.aggregate import Aggregate
from cupola.compute.store.tables_aggregates import aggregate_hosts, aggregates


def find(tx: Transaction, aggregate_id: int) -> Aggregate | None:
    """An aggregate, kept from other writers until the transaction ends."""
    return rows.one(tx, Aggregate, select(aggregates).where(aggregates.c.id == aggregate_id), lock=tx.writing)


def every(tx: Transaction) -> list[Aggregate]:
    return rows.many(tx, Aggregate, select(aggregates).order_by(aggregates.c.id))


def members(tx: Transaction) -> dict[int, list[str]]:
    """The hosts of each aggregate, by name."""
    found: dict[int, list[str]] = {}
    for row in tx.all(select(aggregate_hosts).order_by(aggregate_hosts.c.host)):
        found.setdefault(row["aggregate_id"], []).append(row["host"])
    return found


def insert_aggregate(tx: Transaction, uuid: str, name: str, metadata: dict[str, str]) -> Aggregate:
    """Raises Duplicate when the name is taken."""
    values = {"uuid": uuid, "name": name, "metadata": metadata, "created_at": tx.now, "updated_at": None}
    number = tx.execute(insert(aggregates).values(**values)).inserted_primary_key
    assert number is not None  # noqa: S101 - a single insert has one
    return Aggregate(id=number[0], uuid=uuid, name=name, metadata=metadata, created_at=tx.now, updated_at=None)


def write(tx: Transaction, seen: Aggregate, **changes: Any) -> Aggregate:
    """Raises Duplicate when a new name is taken."""
    values = {"updated_at": tx.now, **changes}
    tx.execute(sql_update(aggregates).where(aggregates.c.id == seen.id).values(**values))
    return dataclasses.replace(seen, **values)


def remove(tx: Transaction, aggregate_id: int) -> None:
    rows.remove(tx, aggregates, aggregates.c.id == aggregate_id)


def join(tx: Transaction, aggregate_id: int, host: str) -> None:
    tx.execute(insert(aggregate_hosts).values(aggregate_id=aggregate_id, host=host))


def leave(tx: Transaction, aggregate_id: int, host: str) -> None:
    rows.remove(tx, aggregate_hosts, aggregate_hosts.c.aggregate_id == aggregate_id, aggregate_hosts.c.host == host)
