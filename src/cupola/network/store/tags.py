"""Tags of whatever has an id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import insert

from cupola.base.db.rows import remove
from cupola.base.db.transaction import Transaction
from cupola.network.store.listing import gathered
from cupola.network.store.tables import tags


def tags_of(tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Tags by the id of what has them, sorted."""
    return gathered(tx, tags, "resource_id", "tag", ids)


def add(tx: Transaction, resource_id: str, names: Iterable[str]) -> None:
    if rows := [{"resource_id": resource_id, "tag": name} for name in sorted(set(names))]:
        tx.execute(insert(tags), rows)


def remove_all(tx: Transaction, resource_id: str) -> None:
    remove(tx, tags, tags.c.resource_id == resource_id)


def remove_one(tx: Transaction, resource_id: str, name: str) -> bool:
    """Returns whether it was there."""
    return remove(tx, tags, tags.c.resource_id == resource_id, tags.c.tag == name) > 0


def remove_of(tx: Transaction, resource_ids: Sequence[str]) -> None:
    remove(tx, tags, tags.c.resource_id.in_(resource_ids))
