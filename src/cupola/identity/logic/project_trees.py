"""What is above and below a project, as `?parents_as_list` and its like show it."""

from __future__ import annotations

from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.identity.logic.projects import Found
from cupola.identity.model.project import Project
from cupola.identity.store import places
from cupola.identity.store import projects as store

Tree = dict[str, Any]


def parents_as_ids(ctx: Context, project: Project) -> Tree:
    """The ids above, each within the one below it, down to the domain."""
    tree: Tree | None = None
    chain = [above.id for above in ctx.read("project.above", lambda tx: store.above(tx, project.id))]
    for project_id in [project.domain_id, *reversed(chain)]:
        tree = {project_id: tree}
    return tree or {}


def subtree_as_ids(ctx: Context, project: Project) -> Tree | None:
    """The ids below, each with those below it; None for a leaf."""
    below = ctx.read("project.below", lambda tx: store.below(tx, project.id))
    children: dict[str, list[str]] = {}
    for found in below:
        children.setdefault(found.parent_id, []).append(found.id)

    def branch(project_id: str) -> Tree | None:
        return {child: branch(child) for child in children.get(project_id, ())} or None

    return branch(project.id)


def parents(ctx: Context, project: Project) -> list[Found]:
    """The projects above in which the caller holds a role."""
    return ctx.read("project.parents", lambda tx: _own(tx, ctx, store.above(tx, project.id)))


def subtree(ctx: Context, project: Project) -> list[Found]:
    """The projects below in which the caller holds a role."""
    return ctx.read("project.subtree", lambda tx: _own(tx, ctx, store.below(tx, project.id)))


def _own(tx: Transaction, ctx: Context, found: list[Project]) -> list[Found]:
    held, tags = places.projects_of(tx, ctx.user_id or "")
    ids = {project.id for project in held.rows}
    return [Found(project, tags.get(project.id, ())) for project in found if project.id in ids]
