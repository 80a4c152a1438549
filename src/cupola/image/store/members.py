"""Rows of members."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.image.model.member import Member
from cupola.image.store.tables import members


def add(tx: Transaction, member: Member) -> None:
    """Raises Duplicate."""
    rows.add(tx, members, member)


def get(tx: Transaction, image_id: str, member_id: str) -> Member | None:
    query = select(members).where(members.c.image_id == image_id, members.c.member_id == member_id)
    return rows.one(tx, Member, query)


def of_image(tx: Transaction, image_id: str) -> list[Member]:
    query = select(members).where(members.c.image_id == image_id)
    return rows.many(tx, Member, query.order_by(members.c.created_at, members.c.member_id))


def ids_of(tx: Transaction, image_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The projects with which images are shared, by image."""
    found: dict[str, set[str]] = {id_: set() for id_ in image_ids}
    for row in tx.all(select(members.c.image_id, members.c.member_id).where(members.c.image_id.in_(image_ids))):
        found[row["image_id"]].add(row["member_id"])
    return {id_: frozenset(projects) for id_, projects in found.items()}


def set_status(tx: Transaction, member: Member, status: str) -> None:
    this = (members.c.image_id == member.image_id) & (members.c.member_id == member.member_id)
    changes: dict[str, Any] = {"status": status, "updated_at": tx.now}
    tx.execute(sql_update(members).where(this).values(**changes))


def remove(tx: Transaction, member: Member) -> None:
    rows.remove(tx, members, members.c.image_id == member.image_id, members.c.member_id == member.member_id)
