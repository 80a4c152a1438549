"""Rows of key pairs."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.compute.model.keypair import Keypair
from cupola.compute.store.tables_keypairs import keypairs


def find(tx: Transaction, user_id: str, name: str) -> Keypair | None:
    return rows.one(tx, Keypair, select(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name))


def listed(tx: Transaction, user_id: str, after: str | None, limit: int | None) -> list[Keypair]:
    """A user's key pairs by name, from the one after `after`."""
    statement = select(keypairs).where(keypairs.c.user_id == user_id).order_by(keypairs.c.name)
    if after is not None:
        statement = statement.where(keypairs.c.name > after)
    return rows.many(tx, Keypair, statement if limit is None else statement.limit(limit))


def count(tx: Transaction, user_id: str) -> int:
    return int(tx.scalar(select(func.count()).where(keypairs.c.user_id == user_id)))


def insert_keypair(tx: Transaction, user_id: str, name: str, type_: str, fingerprint: str, public_key: str) -> Keypair:
    """Raises Duplicate when the user has one of this name."""
    values = {"user_id": user_id, "name": name, "type": type_, "fingerprint": fingerprint, "public_key": public_key}
    done = tx.execute(insert(keypairs).values(**values, created_at=tx.now))
    number = done.inserted_primary_key
    assert number is not None  # noqa: S101 - a single insert has one
    return Keypair(id=number[0], created_at=tx.now, **values)


def remove(tx: Transaction, user_id: str, name: str) -> bool:
    """Returns whether it was there."""
    return rows.remove(tx, keypairs, keypairs.c.user_id == user_id, keypairs.c.name == name) == 1
