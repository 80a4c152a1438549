"""Where a user holds a role: projects, domains, the system."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, or_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.domain import Domain
from cupola.identity.model.listing import ALL, Listed, Wanted
from cupola.identity.model.project import Project
from cupola.identity.store import projects as project_store
from cupola.identity.store.holdings import acts
from cupola.identity.store.listing import listed
from cupola.identity.store.roles import graph
from cupola.identity.store.tables import domains, projects, role_assignments


def _targets(idle: Collection[str], user_id: str, target_type: str, inherited: bool) -> Select[Any]:
    assigned = role_assignments.c
    return select(assigned.target_id).where(
        acts(user_id),
        assigned.target_type == target_type,
        assigned.inherited.is_(inherited),
        assigned.role_id.not_in(idle),
    )


def projects_of(tx: Transaction, user_id: str, wanted: Wanted = ALL) -> tuple[Listed[Project], dict[str, list[str]]]:
    """The projects in which a user holds a role that gives something, directly, by a group or inherited, with tags."""
    idle = graph(tx).idle
    down = select(projects.c.id).where(projects.c.parent_id.in_(_targets(idle, user_id, "project", True)))
    below = down.cte("below", recursive=True)
    below = below.union_all(select(projects.c.id).join(below, projects.c.parent_id == below.c.id))
    where = or_(
        projects.c.id.in_(_targets(idle, user_id, "project", False)),
        projects.c.domain_id.in_(_targets(idle, user_id, "domain", True)),
        projects.c.id.in_(select(below.c.id)),
    )
    found = listed(tx, Project, projects, select(projects).where(where), wanted)
    return found, project_store.tags_of(tx, [project.id for project in found.rows])


def domains_of(tx: Transaction, user_id: str) -> list[Domain]:
    """The domains in which a user holds a role."""
    where = domains.c.id.in_(_targets(graph(tx).idle, user_id, "domain", False))
    return rows.many(tx, Domain, select(domains).where(where).order_by(domains.c.id))


def on_system(tx: Transaction, user_id: str) -> bool:
    """Whether a user holds a role on the system."""
    return tx.first(_targets((), user_id, "system", False).limit(1)) is not None
