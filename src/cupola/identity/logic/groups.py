"""Groups and their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.ids import hex_id
from cupola.identity.errors import Taken, Unknown
from cupola.identity.logic import attributes
from cupola.identity.logic.users import target as user_target
from cupola.identity.model.group import Group
from cupola.identity.model.listing import Filter, Listed, Wanted
from cupola.identity.model.user import User
from cupola.identity.policies import groups as policy
from cupola.identity.policies import users as user_policy
from cupola.identity.store import assignments, domains, epoch, users
from cupola.identity.store import groups as store

_KNOWN = ("name", "domain_id", "description")


def target(group: Group | None) -> dict[str, Any]:
    return {} if group is None else {"target.group.id": group.id, "target.group.domain_id": group.domain_id}


def _known(tx: Transaction, ctx: Context, rule: str, group_id: str) -> Group:
    group = store.get(tx, group_id)
    ctx.authorize(rule, target(group))
    if group is None:
        raise Unknown("group", group_id)
    return group


def show(ctx: Context, group_id: str) -> Group:
    """Raises Unknown, PolicyForbids."""
    return ctx.read("group.show", lambda tx: _known(tx, ctx, policy.GET, group_id))


def find(ctx: Context, wanted: Wanted) -> Listed[Group]:
    """All groups; whoever has a token for a domain sees those of that domain."""
    own = ctx.caller.domain_id
    ctx.authorize(policy.LIST, {} if own is None else {"target.group.domain_id": own})
    if own is not None:
        wanted = wanted.also(Filter("domain_id", own))
    return ctx.read("group.list", lambda tx: store.find(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any]) -> Group:
    """Raises Unknown, Taken, PolicyForbids."""
    domain_id = given.get("domain_id") or ctx.caller.domain_id or ctx.caller.project_domain_id or "default"
    ctx.authorize(policy.CREATE, {"target.group.domain_id": domain_id})
    own, extra = attributes.split(given, _KNOWN)
    new = Group(hex_id(ctx.ids), domain_id, own["name"], own.get("description", ""), extra)

    def body(tx: Transaction) -> Group:
        if domains.get(tx, domain_id) is None:
            raise Unknown("domain", domain_id)
        try:
            return store.add(tx, new)
        except Duplicate:
            raise _taken(new.name, domain_id) from None

    return ctx.transact("group.create", body)


def _taken(name: str, domain_id: str) -> Taken:
    return Taken("group", f"Duplicate entry found with name {name} at domain ID {domain_id}")


def update(ctx: Context, group_id: str, given: Mapping[str, Any]) -> Group:
    """Raises Unknown, Taken, BadInput, PolicyForbids."""

    def body(tx: Transaction) -> Group:
        seen = _known(tx, ctx, policy.UPDATE, group_id)
        attributes.unchanged(
            given, {"id": seen.id, "domain_id": seen.domain_id}, {"id": "ID", "domain_id": "Domain ID"}
        )
        own, extra = attributes.split(given, _KNOWN)
        own.pop("domain_id", None)
        try:
            return store.update(tx, seen, **own, extra={**seen.extra, **extra})
        except Duplicate:
            raise _taken(own["name"], seen.domain_id) from None

    return ctx.transact("group.update", body)


def delete(ctx: Context, group_id: str) -> None:
    """Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _known(tx, ctx, policy.DELETE, group_id)
        assignments.remove_of_actors(tx, "group", [group_id])
        store.remove(tx, [group_id])
        epoch.advance(tx)

    ctx.transact("group.delete", body)


def users_of(ctx: Context, group_id: str, wanted: Wanted) -> Listed[User]:
    """Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> Listed[User]:
        _known(tx, ctx, policy.LIST_USERS, group_id)
        return users.find(tx, wanted, group_id)

    return ctx.read("group.users", body)


def groups_of(ctx: Context, user_id: str, wanted: Wanted) -> Listed[Group]:
    """The groups of a user. Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> Listed[Group]:
        user = users.get(tx, user_id)
        ctx.authorize(user_policy.LIST_GROUPS, user_target(user, user_id))
        if user is None:
            raise Unknown("user", user_id)
        return store.find(tx, wanted, user_id)

    return ctx.read("user.groups", body)


def _both(tx: Transaction, ctx: Context, rule: str, group_id: str, user_id: str) -> None:
    """Both must be there, and the caller allowed. Raises Unknown, PolicyForbids."""
    group, user = store.get(tx, group_id), users.get(tx, user_id)
    ctx.authorize(rule, {**target(group), **user_target(user, user_id)})
    if user is None:
        raise Unknown("user", user_id)
    if group is None:
        raise Unknown("group", group_id)


def check(ctx: Context, group_id: str, user_id: str) -> None:
    """Raises Unknown if the user is no member, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _both(tx, ctx, policy.CHECK_USER, group_id, user_id)
        if not store.has(tx, group_id, user_id):
            raise Unknown("user", f"{user_id} in group {group_id}")

    ctx.read("group.check_user", body)


def join(ctx: Context, group_id: str, user_id: str) -> None:
    """Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _both(tx, ctx, policy.ADD_USER, group_id, user_id)
        store.join(tx, group_id, user_id)
        epoch.advance(tx)

    ctx.transact("group.add_user", body)


def leave(ctx: Context, group_id: str, user_id: str) -> None:
    """Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _both(tx, ctx, policy.REMOVE_USER, group_id, user_id)
        if not store.leave(tx, group_id, user_id):
            raise Unknown("user", f"{user_id} in group {group_id}")
        epoch.advance(tx)

    ctx.transact("group.remove_user", body)
