"""Security groups: made, changed, deleted, and found. A project's default group is made on first use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.network.errors import (
    SecurityGroupAmbiguous,
    SecurityGroupCannotRemoveDefault,
    SecurityGroupCannotUpdateDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupInUse,
    SecurityGroupNotFound,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic.scope import owned, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.query import Query
from cupola.network.model.security_group import DEFAULT_NAME, Rule, SecurityGroup, SecurityGroupDetail
from cupola.network.store import ports, tags
from cupola.network.store import security_groups as store
from cupola.network.store.tables import security_group_rules, security_groups


def create(ctx: Context, asked: Sequence[Asked]) -> list[SecurityGroupDetail]:
    """Make groups, all or none. Raises OverQuota, SecurityGroupDefaultAlreadyExists."""

    def write(tx: Transaction) -> list[SecurityGroupDetail]:
        return store.details(tx, [create_in(tx, ctx, each) for each in asked])

    return ctx.transact("security_group.create", write)


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> SecurityGroup:
    project_id = asked["project_id"]
    for rule in ("create_security_group", *asked.rules):
        ctx.authorize(rule, owned(project_id))
    default_in(tx, ctx, project_id)
    if asked["name"].lower() == DEFAULT_NAME:
        raise SecurityGroupDefaultAlreadyExists
    quota.take(tx, LIMITS_OF, project_id, network__security_group=1, network__security_group_rule=2)
    return _add(tx, ctx, project_id, asked["name"], asked["description"], default=False)


def default_in(tx: Transaction, ctx: Context, project_id: str) -> SecurityGroup:
    """The default group of a project, made now if this is its first use; no limit keeps a project from it."""
    found = store.default_of(tx, project_id)
    if found is not None:
        return found
    quota.count(tx, project_id, network__security_group=1, network__security_group_rule=4)
    return _add(tx, ctx, project_id, DEFAULT_NAME, "Default security group", default=True)


def _add(tx: Transaction, ctx: Context, project_id: str, name: str, description: str, default: bool) -> SecurityGroup:
    """A group that lets everything out, and in (the default one) what its members send each other."""
    group = SecurityGroup(
        id=ctx.ids.uuid(),
        generation=1,
        project_id=project_id,
        name=name,
        description=description,
        created_at=tx.now,
        updated_at=tx.now,
        default_of=project_id if default else None,
    )
    try:
        rows.add(tx, security_groups, group)
    except Duplicate as error:
        raise StaleWrite("default security group of project", project_id) from error
    directions = ("ingress", "egress") if default else ("egress",)
    rows.add_all(
        tx,
        security_group_rules,
        [
            Rule(
                id=ctx.ids.uuid(),
                security_group_id=group.id,
                project_id=project_id,
                description=None,
                direction=direction,
                ethertype=ethertype,
                protocol=None,
                port_range_min=None,
                port_range_max=None,
                remote_ip_prefix=None,
                remote_group_id=group.id if direction == "ingress" else None,
                created_at=tx.now,
            )
            for direction in directions
            for ethertype in ("IPv4", "IPv6")
        ],
    )
    return group


def resolve_in(tx: Transaction, ctx: Context, project_id: str, names: Iterable[str]) -> list[str]:
    """Ids of the groups of a project that `names` (ids or names) mean.

    Raises SecurityGroupNotFound, SecurityGroupAmbiguous.
    """
    wanted = list(dict.fromkeys(names))
    if DEFAULT_NAME in wanted:
        default_in(tx, ctx, project_id)
    found = store.named(tx, project_id, wanted)
    chosen = []
    for name in wanted:
        matching = [each for each in found if each.id == name] or [each for each in found if each.name == name]
        if not matching:
            raise SecurityGroupNotFound(name)
        if len(matching) > 1:
            raise SecurityGroupAmbiguous(name)
        chosen.append(matching[0].id)
    return chosen


def show(ctx: Context, id_: str) -> SecurityGroupDetail:
    """Raises SecurityGroupNotFound."""

    def read(tx: Transaction) -> SecurityGroupDetail:
        group = _group(tx, id_)
        permit(ctx, "get_security_group", owned(group.project_id), SecurityGroupNotFound(id_))
        return store.details(tx, [group])[0]

    return ctx.read("security_group.show", read)


def _group(tx: Transaction, id_: str) -> SecurityGroup:
    group = store.by_id(tx, id_)
    if group is None:
        tx.ctx.marks.authorized = True
        raise SecurityGroupNotFound(id_)
    return group


def listed(ctx: Context, query: Query) -> list[SecurityGroupDetail]:
    """What the caller sees; the project's default group is there whenever somebody looks."""

    def read(tx: Transaction) -> list[SecurityGroupDetail] | None:
        ctx.authorize("get_security_group")
        if ctx.project_id and store.default_of(tx, ctx.project_id) is None:
            return None
        found = store.page(tx, project_seen(ctx), query)
        return store.details(tx, [each for each in found if ctx.may("get_security_group", owned(each.project_id))])

    found = ctx.read("security_group.list", read)
    if found is None:
        ctx.transact("security_group.default", lambda tx: default_in(tx, ctx, ctx.project_id or ""))
        found = ctx.read("security_group.list", read)
    return found or []


def update(ctx: Context, id_: str, asked: Asked) -> SecurityGroupDetail:
    """Raises SecurityGroupNotFound, SecurityGroupDefaultAlreadyExists, SecurityGroupCannotUpdateDefault."""

    def write(tx: Transaction) -> SecurityGroupDetail:
        group = _group(tx, id_)
        permit(ctx, "update_security_group", owned(group.project_id), SecurityGroupNotFound(id_), asked)
        changes = {name: asked[name] for name in ("name", "description") if name in asked}
        if changes.get("name", "").lower() == DEFAULT_NAME:
            raise SecurityGroupDefaultAlreadyExists
        if group.default_of is not None and "name" in changes:
            raise SecurityGroupCannotUpdateDefault
        updated = rows.update(tx, security_groups, group, updated_at=tx.now, **changes)
        return store.details(tx, [updated])[0]

    return ctx.transact("security_group.update", write)


def delete(ctx: Context, id_: str) -> None:
    """Raises SecurityGroupNotFound, SecurityGroupInUse, SecurityGroupCannotRemoveDefault."""

    def write(tx: Transaction) -> None:
        group = _group(tx, id_)
        permit(ctx, "delete_security_group", owned(group.project_id), SecurityGroupNotFound(id_))
        if ports.group_in_use(tx, id_) or store.named_by_others(tx, id_):
            raise SecurityGroupInUse(id_)
        if group.default_of is not None and not ctx.may("context_is_admin", {}):
            raise SecurityGroupCannotRemoveDefault
        counts = store.rules_by_project(tx, id_)
        for project_id in sorted({*counts, group.project_id}):
            quota.give(
                tx,
                project_id,
                network__security_group=int(project_id == group.project_id),
                network__security_group_rule=counts.get(project_id, 0),
            )
        of_group = security_group_rules.c.security_group_id == id_
        rows.remove(tx, security_group_rules, of_group, seen=sum(counts.values()))
        rows.remove(tx, security_groups, security_groups.c.id == id_, seen=1)
        tags.remove_of(tx, [id_])

    ctx.transact("security_group.delete", write)
