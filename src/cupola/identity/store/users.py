"""Users by id and name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select
from sqlalchemy import update as update_rows

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.model.user import User
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import domains, group_members, users


def get(tx: Transaction, user_id: str) -> User | None:
    return rows.by_id(tx, User, users, user_id)


def named(tx: Transaction, domain_id: str, name: str) -> User | None:
    return rows.one(tx, User, select(users).where(and_(users.c.domain_id == domain_id, users.c.name == name)))


def named_in(tx: Transaction, domain_name: str, name: str) -> User | None:
    """The user by the names of user and domain."""
    both = users.join(domains, domains.c.id == users.c.domain_id)
    statement = select(users).select_from(both).where(domains.c.name == domain_name, users.c.name == name)
    return rows.one(tx, User, statement)


def among(tx: Transaction, ids: Iterable[str]) -> list[User]:
    return rows.many(tx, User, select(users).where(users.c.id.in_(set(ids))).order_by(users.c.id))


def find(tx: Transaction, wanted: Wanted, group_id: str | None = None) -> Listed[User]:
    """Users that pass the filters; of a group, if one is given."""
    statement = select(users)
    if group_id is not None:
        members = select(group_members.c.user_id).where(group_members.c.group_id == group_id)
        statement = statement.where(users.c.id.in_(members))
    return listed(tx, User, users, statement, wanted)


def in_domain(tx: Transaction, domain_id: str) -> list[str]:
    return [row["id"] for row in tx.all(select(users.c.id).where(users.c.domain_id == domain_id))]


def add(tx: Transaction, user: User) -> User:
    return rows.add(tx, users, user)


def update(tx: Transaction, seen: User, **changes: object) -> User:
    return rows.update(tx, users, seen, **changes)


def remove(tx: Transaction, ids: Iterable[str]) -> None:
    chosen = set(ids)
    rows.remove(tx, group_members, group_members.c.user_id.in_(chosen))
    rows.remove(tx, users, users.c.id.in_(chosen))


def forget_default_project(tx: Transaction, project_id: str) -> None:
    """A project is gone: it is nobody's default any more."""
    tx.execute(update_rows(users).where(users.c.default_project_id == project_id).values(default_project_id=None))
