"""Users and their passwords. Whoever changes a password, or is disabled, ends all tokens had until then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base import ledger
from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput
from cupola.base.ids import hex_id
from cupola.identity.errors import NotAuthenticated, Taken, Unknown
from cupola.identity.logic import attributes, revocations
from cupola.identity.logic.identity import Identity
from cupola.identity.model.listing import Filter, Listed, Wanted
from cupola.identity.model.project import Project
from cupola.identity.model.user import User
from cupola.identity.policies import users as policy
from cupola.identity.store import assignments, domains, epoch, places
from cupola.identity.store import users as store

_KNOWN = ("name", "domain_id", "enabled", "default_project_id", "password", "options")
_CHANGEABLE = ("name", "enabled", "default_project_id")


def target(user: User | None, user_id: str) -> Mapping[str, Any]:
    """What rules see of a user; of one who is not there, only the id that was asked for."""
    asked = {"user_id": user_id}
    return asked if user is None else asked | {"target.user.id": user.id, "target.user.domain_id": user.domain_id}


def show(ctx: Context, user_id: str) -> User:
    """Raises Unknown, PolicyForbids."""
    user = ctx.read("user.show", lambda tx: store.get(tx, user_id))
    ctx.authorize(policy.GET, target(user, user_id))
    if user is None:
        raise Unknown("user", user_id)
    return user


def find(ctx: Context, wanted: Wanted) -> Listed[User]:
    """All users; whoever has a token for a domain sees those of that domain."""
    own = ctx.caller.domain_id
    ctx.authorize(policy.LIST, {} if own is None else {"target.domain_id": own})
    if own is not None:
        wanted = wanted.also(Filter("domain_id", own))
    return ctx.read("user.list", lambda tx: store.find(tx, wanted))


def create(identity: Identity, ctx: Context, given: Mapping[str, Any]) -> User:
    """A user, by default in the domain of the caller's token. Raises Unknown, Taken, BadInput, PolicyForbids."""
    domain_id = given.get("domain_id") or ctx.caller.domain_id or ctx.caller.project_domain_id or "default"
    ctx.authorize(policy.CREATE, {"target.user.domain_id": domain_id})
    own, extra = attributes.split(given, _KNOWN)
    password = own.get("password")
    new = User(
        hex_id(ctx.ids),
        domain_id,
        own["name"],
        own.get("enabled", True),
        own.get("default_project_id"),
        None if password is None else identity.passwords.hash(password),
        attributes.merged({}, own.get("options", {})),
        extra,
    )

    def body(tx: Transaction) -> User:
        if domains.get(tx, domain_id) is None:
            raise Unknown("domain", domain_id)
        _check_default_project(tx, new.default_project_id)
        try:
            store.add(tx, new)
        except Duplicate:
            raise Taken("user", f"Duplicate entry found with name {new.name} at domain ID {domain_id}") from None
        ledger.transition(tx, ctx, "user", new.id, None, {"enabled": new.enabled})
        return new

    return ctx.transact("user.create", body)


def _check_default_project(tx: Transaction, project_id: str | None) -> None:
    if project_id is not None and domains.get(tx, project_id) is not None:
        raise BadInput(f"User's default project ID cannot be a domain ID: {project_id}")


def update(identity: Identity, ctx: Context, user_id: str, given: Mapping[str, Any]) -> User:
    """Raises Unknown, Taken, BadInput, PolicyForbids."""
    own, extra = attributes.split(given, _KNOWN)
    changes: dict[str, Any] = {name: own[name] for name in _CHANGEABLE if name in own}
    if own.get("password") is not None:
        changes["password_hash"] = identity.passwords.hash(own["password"])

    def body(tx: Transaction) -> User:
        seen = store.get(tx, user_id)
        ctx.authorize(policy.UPDATE, target(seen, user_id))
        if seen is None:
            raise Unknown("user", user_id)
        attributes.unchanged(
            given, {"id": seen.id, "domain_id": seen.domain_id}, {"id": "ID", "domain_id": "Domain ID"}
        )
        _check_default_project(tx, changes.get("default_project_id"))
        options = attributes.merged(seen.options, own.get("options", {}))
        try:
            changed = store.update(tx, seen, **changes, options=options, extra={**seen.extra, **extra})
        except Duplicate:
            raise Taken("user", f"Duplicate entry found with name {own['name']}") from None
        _note(tx, ctx, seen, changed)
        return changed

    return ctx.transact("user.update", body)


def _note(tx: Transaction, ctx: Context, seen: User, changed: User) -> None:
    """What follows from a change: tokens that end, and what is remembered of them."""
    if changed.enabled != seen.enabled:
        ledger.transition(tx, ctx, "user", seen.id, {"enabled": seen.enabled}, {"enabled": changed.enabled})
    if changed.password_hash != seen.password_hash or (seen.enabled and not changed.enabled):
        revocations.revoke(tx, ctx, user_id=seen.id)
    else:
        epoch.advance(tx)


def change_password(identity: Identity, ctx: Context, user_id: str, original: str, password: str) -> None:
    """Set one's own password; knowing the original is all the proof there is. Raises NotAuthenticated."""
    user = ctx.read("user.password", lambda tx: store.get(tx, user_id))
    if user is None or user.password_hash is None:
        identity.passwords.verify_nothing(original)
        raise NotAuthenticated
    if not identity.passwords.verify(original, user.password_hash).ok or not user.enabled:
        raise NotAuthenticated
    new_hash = identity.passwords.hash(password)

    def body(tx: Transaction) -> None:
        seen = store.get(tx, user_id)
        if seen is None or seen.password_hash != user.password_hash:
            raise NotAuthenticated
        store.update(tx, seen, password_hash=new_hash)
        revocations.revoke(tx, ctx, user_id=user_id)

    ctx.transact("user.change_password", body)


def delete(ctx: Context, user_id: str) -> None:
    """A user, with memberships and roles. Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> None:
        seen = store.get(tx, user_id)
        ctx.authorize(policy.DELETE, target(seen, user_id))
        if seen is None:
            raise Unknown("user", user_id)
        assignments.remove_of_actors(tx, "user", [user_id])
        store.remove(tx, [user_id])
        ledger.transition(tx, ctx, "user", user_id, {"enabled": seen.enabled}, None)
        epoch.advance(tx)

    ctx.transact("user.delete", body)


def projects_of(ctx: Context, user_id: str, wanted: Wanted) -> tuple[Listed[Project], dict[str, list[str]]]:
    """The projects in which a user holds a role, with their tags. Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> tuple[Listed[Project], dict[str, list[str]]]:
        user = store.get(tx, user_id)
        ctx.authorize(policy.LIST_PROJECTS, target(user, user_id))
        if user is None:
            raise Unknown("user", user_id)
        return places.projects_of(tx, user_id, wanted)

    return ctx.read("user.projects", body)
