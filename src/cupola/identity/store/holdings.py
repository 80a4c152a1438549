"""Users within scopes, in five statements whatever is assigned: who, where, the roles held, the graph of roles."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, false, or_, select
from sqlalchemy.sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL

from cupola.base.db import rows
from cupola.base.db.transaction import Row, Transaction
from cupola.identity.model.assignment import SYSTEM
from cupola.identity.model.domain import Domain
from cupola.identity.model.project import Project
from cupola.identity.model.scope import Scope
from cupola.identity.model.token import Holding
from cupola.identity.model.user import User
from cupola.identity.store.roles import graph
from cupola.identity.store.tables import domains, group_members, projects, role_assignments, users

T = TypeVar("T")
_home = domains.alias("home")


def held(tx: Transaction, user_id: str, scope: Scope) -> Holding | None:
    """The user within the scope; None when there is no such user. Whether it is `usable` is for the caller to ask."""
    user, user_domain = _pair(tx, users, user_id, User)
    if user is None or user_domain is None:
        return None
    if scope.unscoped:
        return Holding(user, user_domain, scope)
    project, domain = _place(tx, scope)
    role_ids = [found["role_id"] for found in tx.all(_roles_held(user_id, scope))]
    roles = tuple(graph(tx).expanded(role_ids)) if role_ids else ()
    return Holding(user, user_domain, scope, project, domain, roles)


def _place(tx: Transaction, scope: Scope) -> tuple[Project | None, Domain | None]:
    if scope.project_id is not None:
        return _pair(tx, projects, scope.project_id, Project)
    if scope.domain_id is not None:
        return None, rows.by_id(tx, Domain, domains, scope.domain_id)
    return None, None


def _pair(tx: Transaction, table: Table, identity: str, cls: type[T]) -> tuple[T | None, Domain | None]:
    """A row by its id, and the domain it is in."""
    both = table.join(_home, _home.c.id == table.c.domain_id)
    statement = select(table, _home).select_from(both).where(table.c.id == identity)
    row = tx.first(statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL))
    return (None, None) if row is None else (_part(row, table.name, cls), _part(row, "home", Domain))


def _part(row: Row, prefix: str, cls: type[T]) -> T:
    return cls(
        **{name.removeprefix(f"{prefix}_"): value for name, value in row.items() if name.startswith(f"{prefix}_")}
    )


def _roles_held(user_id: str, scope: Scope) -> Select[Any]:
    return select(role_assignments.c.role_id).distinct().where(acts(user_id), _counts_in(scope)).order_by("role_id")


def acts(user_id: str) -> ColumnElement[bool]:
    """Assignments of the user and of the user's groups."""
    groups = select(group_members.c.group_id).where(group_members.c.user_id == user_id)
    assigned = role_assignments.c
    return or_(
        and_(assigned.actor_type == "user", assigned.actor_id == user_id),
        and_(assigned.actor_type == "group", assigned.actor_id.in_(groups)),
    )


def _counts_in(scope: Scope) -> ColumnElement[bool]:
    assigned = role_assignments.c
    if scope.project_id is not None:
        above = ancestors(scope.project_id)
        direct = and_(
            assigned.target_type == "project", assigned.target_id == scope.project_id, assigned.inherited.is_(False)
        )
        return or_(direct, and_(assigned.inherited.is_(True), assigned.target_id.in_(above)))
    if scope.domain_id is not None:
        at = and_(assigned.target_type == "domain", assigned.target_id == scope.domain_id)
    elif scope.system:
        at = and_(assigned.target_type == "system", assigned.target_id == SYSTEM)
    else:
        return false()
    return and_(at, assigned.inherited.is_(False))


def ancestors(project_id: str) -> Select[Any]:
    """The ids of all projects above a project, and of its domain."""
    up = select(projects.c.id, projects.c.parent_id).where(projects.c.id == project_id).cte("up", recursive=True)
    up = up.union_all(select(projects.c.id, projects.c.parent_id).join(up, projects.c.id == up.c.parent_id))
    return select(up.c.parent_id)
