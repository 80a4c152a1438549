"""What the holder of a token may learn of it: where else it could be for, and its catalog."""

from __future__ import annotations

from typing import Any

from cupola.base.context import Context
from cupola.base.errors import Forbidden
from cupola.identity.logic import catalog
from cupola.identity.logic.projects import Found
from cupola.identity.model.domain import Domain
from cupola.identity.policies import tokens as policy
from cupola.identity.store import places


def projects(ctx: Context) -> list[Found]:
    """The projects in which the caller holds a role."""
    ctx.authorize(policy.GET_PROJECTS, {})
    found, tags = ctx.read("auth.projects", lambda tx: places.projects_of(tx, ctx.user_id or ""))
    return [Found(project, tags.get(project.id, ())) for project in found.rows]


def domains(ctx: Context) -> list[Domain]:
    """The domains in which the caller holds a role."""
    ctx.authorize(policy.GET_DOMAINS, {})
    return ctx.read("auth.domains", lambda tx: places.domains_of(tx, ctx.user_id or ""))


def system(ctx: Context) -> bool:
    """Whether the caller holds a role on the system."""
    ctx.authorize(policy.GET_SYSTEM, {})
    return ctx.read("auth.system", lambda tx: places.on_system(tx, ctx.user_id or ""))


def own_catalog(ctx: Context) -> list[dict[str, Any]]:
    """The catalog of the caller's token. Raises Forbidden if it has no scope."""
    ctx.authorize(policy.GET_CATALOG, {})
    caller = ctx.caller
    if caller.project_id is None and caller.domain_id is None and not caller.system:
        raise Forbidden("A project-scoped token is required to produce a service catalog.")
    return ctx.read("auth.catalog", lambda tx: catalog.catalog(tx, caller.user_id or "", caller.project_id))
