"""Tags of projects."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.identity.errors import Unknown
from cupola.identity.logic.projects import known_in
from cupola.identity.model.domain import Domain
from cupola.identity.policies import projects as policy
from cupola.identity.store import domains, projects


def show(ctx: Context, project_id: str) -> Sequence[str]:
    """Raises Unknown, PolicyForbids, as all of these."""
    return ctx.read("project.tags", lambda tx: known_in(tx, ctx, policy.LIST_TAGS, project_id).tags)


def check(ctx: Context, project_id: str, tag: str) -> None:
    found = ctx.read("project.tag", lambda tx: known_in(tx, ctx, policy.GET_TAG, project_id))
    if tag not in found.tags:
        raise Unknown("project tag", tag)


def replace(ctx: Context, project_id: str, tags: Sequence[str]) -> Sequence[str]:
    return ctx.transact("project.set_tags", lambda tx: _set(tx, ctx, policy.UPDATE_TAGS, project_id, tags))


def clear(ctx: Context, project_id: str) -> None:
    ctx.transact("project.clear_tags", lambda tx: _set(tx, ctx, policy.DELETE_TAGS, project_id, ()))


def add(ctx: Context, project_id: str, tag: str) -> None:
    def body(tx: Transaction) -> None:
        found = known_in(tx, ctx, policy.CREATE_TAG, project_id)
        _set(tx, ctx, policy.CREATE_TAG, project_id, [*found.tags, tag])

    ctx.transact("project.add_tag", body)


def remove(ctx: Context, project_id: str, tag: str) -> None:
    def body(tx: Transaction) -> None:
        found = known_in(tx, ctx, policy.DELETE_TAG, project_id)
        if tag not in found.tags:
            raise Unknown("project tag", tag)
        _set(tx, ctx, policy.DELETE_TAG, project_id, [name for name in found.tags if name != tag])

    ctx.transact("project.remove_tag", body)


def _set(tx: Transaction, ctx: Context, rule: str, project_id: str, tags: Sequence[str]) -> Sequence[str]:
    found = known_in(tx, ctx, rule, project_id)
    wanted = sorted(set(tags))
    if isinstance(found.project, Domain):
        domains.update(tx, found.project, tags=wanted)
    else:
        projects.set_tags(tx, project_id, wanted)
    return wanted
