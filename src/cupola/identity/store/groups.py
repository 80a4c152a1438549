"""Groups and their members."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.group import Group
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import group_members, user_groups


def get(tx: Transaction, group_id: str) -> Group | None:
    return rows.by_id(tx, Group, user_groups, group_id)


def among(tx: Transaction, ids: Iterable[str]) -> list[Group]:
    return rows.many(tx, Group, select(user_groups).where(user_groups.c.id.in_(set(ids))).order_by(user_groups.c.id))


def find(tx: Transaction, wanted: Wanted, user_id: str | None = None) -> Listed[Group]:
    """Groups that pass the filters; those of a user, if one is given."""
    statement = select(user_groups)
    if user_id is not None:
        joined = select(group_members.c.group_id).where(group_members.c.user_id == user_id)
        statement = statement.where(user_groups.c.id.in_(joined))
    return listed(tx, Group, user_groups, statement, wanted)


def in_domain(tx: Transaction, domain_id: str) -> list[str]:
    return [row["id"] for row in tx.all(select(user_groups.c.id).where(user_groups.c.domain_id == domain_id))]


def add(tx: Transaction, group: Group) -> Group:
    return rows.add(tx, user_groups, group)


def update(tx: Transaction, seen: Group, **changes: object) -> Group:
    return rows.update(tx, user_groups, seen, **changes)


def remove(tx: Transaction, ids: Iterable[str]) -> None:
    chosen = set(ids)
    rows.remove(tx, group_members, group_members.c.group_id.in_(chosen))
    rows.remove(tx, user_groups, user_groups.c.id.in_(chosen))


def has(tx: Transaction, group_id: str, user_id: str) -> bool:
    both = and_(group_members.c.group_id == group_id, group_members.c.user_id == user_id)
    return tx.first(select(group_members).where(both)) is not None


def join(tx: Transaction, group_id: str, user_id: str) -> None:
    """Nothing happens to who is a member already."""
    if not has(tx, group_id, user_id):
        tx.execute(group_members.insert().values(group_id=group_id, user_id=user_id))


def leave(tx: Transaction, group_id: str, user_id: str) -> bool:
    """Whether the user was a member."""
    both = and_(group_members.c.group_id == group_id, group_members.c.user_id == user_id)
    return rows.remove(tx, group_members, both) > 0


def members(tx: Transaction, ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids of the members of several groups, by group."""
    chosen = group_members.c.group_id.in_(set(ids))
    ordered = select(group_members).where(chosen).order_by(group_members.c.group_id, group_members.c.user_id)
    found = rows.grouped(tx.all(ordered), "group_id")
    return {group_id: [row["user_id"] for row in joined] for group_id, joined in found.items()}
