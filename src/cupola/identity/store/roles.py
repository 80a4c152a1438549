"""Roles and what they imply."""

from __future__ import annotations

from sqlalchemy import and_, or_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.assignment import Assignment
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.model.role import Implication, Role, RoleGraph
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import role_assignments, role_implications, roles


def graph(tx: Transaction) -> RoleGraph:
    """All roles with what they imply."""
    known = rows.many(tx, Role, select(roles))
    implied: dict[str, tuple[str, ...]] = {}
    for pair in rows.many(tx, Implication, select(role_implications).order_by("prior_id", "implied_id")):
        implied[pair.prior_id] = (*implied.get(pair.prior_id, ()), pair.implied_id)
    return RoleGraph({role.id: role for role in known}, implied)


def get(tx: Transaction, role_id: str) -> Role | None:
    return rows.by_id(tx, Role, roles, role_id)


def named(tx: Transaction, domain_id: str, name: str) -> Role | None:
    return rows.one(tx, Role, select(roles).where(roles.c.domain_id == domain_id, roles.c.name == name))


def find(tx: Transaction, wanted: Wanted) -> Listed[Role]:
    return listed(tx, Role, roles, select(roles), wanted)


def add(tx: Transaction, role: Role) -> Role:
    return rows.add(tx, roles, role)


def update(tx: Transaction, seen: Role, **changes: object) -> Role:
    return rows.update(tx, roles, seen, **changes)


def remove(tx: Transaction, role_id: str) -> None:
    """The role, with what it implies and is implied by."""
    pairs = role_implications.c
    rows.remove(tx, role_implications, or_(pairs.prior_id == role_id, pairs.implied_id == role_id))
    rows.remove(tx, roles, roles.c.id == role_id)


def imply(tx: Transaction, implication: Implication) -> None:
    rows.add(tx, role_implications, implication)


def imply_no_more(tx: Transaction, implication: Implication) -> int:
    pairs = role_implications.c
    same = and_(pairs.prior_id == implication.prior_id, pairs.implied_id == implication.implied_id)
    return rows.remove(tx, role_implications, same)


def in_domain(tx: Transaction, domain_id: str) -> list[str]:
    return [row["id"] for row in tx.all(select(roles.c.id).where(roles.c.domain_id == domain_id))]


def given(tx: Transaction, place: Assignment) -> list[Role]:
    """The roles assigned as `place` says, whatever its own role."""
    columns = role_assignments.c
    same = and_(*(columns[name] == value for name, value in rows.values(place).items() if name != "role_id"))
    ids = select(columns.role_id).where(same)
    return rows.many(tx, Role, select(roles).where(roles.c.id.in_(ids)).order_by(roles.c.id))
