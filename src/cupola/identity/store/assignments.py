"""Role assignments."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, false, or_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.assignment import Assignment
from cupola.identity.store.tables import role_assignments


def _same(assignment: Assignment) -> ColumnElement[bool]:
    return and_(*(role_assignments.c[name] == value for name, value in rows.values(assignment).items()))


def exists(tx: Transaction, assignment: Assignment) -> bool:
    return tx.first(select(role_assignments.c.role_id).where(_same(assignment))) is not None


def add(tx: Transaction, assignment: Assignment) -> None:
    """Nothing happens when it is there already."""
    if not exists(tx, assignment):
        rows.add(tx, role_assignments, assignment)


def remove(tx: Transaction, assignment: Assignment) -> bool:
    """Whether it was there."""
    return rows.remove(tx, role_assignments, _same(assignment)) > 0


def find(
    tx: Transaction,
    places: Collection[tuple[str, str]] | None = None,
    actor: tuple[str, str] | None = None,
    role_id: str | None = None,
) -> list[Assignment]:
    """Assignments at any of the places, to an actor (each a type and an id), of a role; None: all."""
    columns = role_assignments.c
    statement = select(role_assignments).order_by(
        columns.target_type, columns.target_id, columns.actor_type, columns.actor_id, columns.role_id, columns.inherited
    )
    if places is not None:
        at = [and_(columns.target_type == kind, columns.target_id == target_id) for kind, target_id in sorted(places)]
        statement = statement.where(or_(false(), *at))
    if actor is not None:
        statement = statement.where(columns.actor_type == actor[0], columns.actor_id == actor[1])
    if role_id is not None:
        statement = statement.where(columns.role_id == role_id)
    return rows.many(tx, Assignment, statement)


def remove_of_actors(tx: Transaction, actor_type: str, ids: Iterable[str]) -> None:
    columns = role_assignments.c
    rows.remove(tx, role_assignments, columns.actor_type == actor_type, columns.actor_id.in_(set(ids)))


def remove_at(tx: Transaction, target_type: str, ids: Iterable[str]) -> None:
    columns = role_assignments.c
    rows.remove(tx, role_assignments, columns.target_type == target_type, columns.target_id.in_(set(ids)))


def remove_of_role(tx: Transaction, role_id: str) -> None:
    rows.remove(tx, role_assignments, role_assignments.c.role_id == role_id)
