"""Domains. Deleting one, once it is disabled, deletes all that is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base import ledger
from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput
from cupola.base.ids import hex_id
from cupola.identity.errors import Refused, Taken, Unknown
from cupola.identity.logic import attributes, revocations
from cupola.identity.model.domain import Domain
from cupola.identity.model.listing import Filter, Listed, Wanted
from cupola.identity.policies import domains as policy
from cupola.identity.store import assignments, epoch, groups, projects, roles, users
from cupola.identity.store import domains as store

_KNOWN = ("name", "description", "enabled", "tags", "options", "domain_id", "parent_id", "is_domain")
_CHANGEABLE = ("name", "description", "enabled", "tags")


def _target(domain: Domain | None) -> Mapping[str, Any]:
    return {} if domain is None else {"target.domain.id": domain.id}


def show(ctx: Context, domain_id: str) -> Domain:
    """Raises Unknown, PolicyForbids."""
    domain = ctx.read("domain.show", lambda tx: store.get(tx, domain_id))
    ctx.authorize(policy.GET, _target(domain))
    if domain is None:
        raise Unknown("domain", domain_id)
    return domain


def find(ctx: Context, wanted: Wanted) -> Listed[Domain]:
    """All domains; whoever has a token for one domain sees that one."""
    own = ctx.caller.domain_id
    ctx.authorize(policy.LIST, {} if own is None else {"target.domain.id": own})
    if own is not None:
        wanted = wanted.also(Filter("id", own))
    return ctx.read("domain.list", lambda tx: store.find(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any]) -> Domain:
    """Raises Taken, PolicyForbids."""
    ctx.authorize(policy.CREATE, {})
    domain_id = given.get("explicit_domain_id") or hex_id(ctx.ids)
    return ctx.transact("domain.create", lambda tx: create_in(tx, ctx, domain_id, given))


def create_in(tx: Transaction, ctx: Context, domain_id: str, given: Mapping[str, Any]) -> Domain:
    own, extra = attributes.split(given, (*_KNOWN, "explicit_domain_id"))
    new = Domain(
        domain_id,
        own["name"],
        own.get("description", ""),
        own.get("enabled", True),
        sorted(own.get("tags", ())),
        attributes.merged({}, own.get("options", {})),
        extra,
    )
    try:
        store.add(tx, new)
    except Duplicate:
        raise _taken(new) from None
    ledger.transition(tx, ctx, "domain", new.id, None, {"enabled": new.enabled})
    return new


def _taken(domain: Domain) -> Taken:
    return Taken(
        "domain",
        "it is not permitted to have two domains with the same name or id: "
        f"name is {domain.name}, domain id {domain.id}",
    )


def update(ctx: Context, domain_id: str, given: Mapping[str, Any]) -> Domain:
    """Raises Unknown, Taken, Immutable, PolicyForbids. When it is disabled, tokens for it and of its users end."""

    def body(tx: Transaction) -> Domain:
        seen = store.get(tx, domain_id)
        ctx.authorize(policy.UPDATE, _target(seen))
        if seen is None:
            raise Unknown("domain", domain_id)
        return update_in(tx, ctx, seen, given)

    return ctx.transact("domain.update", body)


def update_in(tx: Transaction, ctx: Context, seen: Domain, given: Mapping[str, Any]) -> Domain:
    attributes.unchanged(given, {"id": seen.id}, {"id": "ID"})
    attributes.changeable("domain", seen.id, seen.options, given)
    own, extra = attributes.split(given, _KNOWN)
    changes: dict[str, Any] = {name: own[name] for name in _CHANGEABLE if name in own}
    changes["options"] = attributes.merged(seen.options, own.get("options", {}))
    try:
        changed = store.update(tx, seen, **changes, extra={**seen.extra, **extra})
    except Duplicate:
        raise Taken("domain", f"Duplicate entry found with name {own['name']}") from None
    if changed.enabled != seen.enabled:
        ledger.transition(tx, ctx, "domain", seen.id, {"enabled": seen.enabled}, {"enabled": changed.enabled})
        if not changed.enabled:
            revocations.revoke(tx, ctx, domain_id=seen.id)
    epoch.advance(tx)
    return changed


def delete(ctx: Context, domain_id: str) -> None:
    """Raises Unknown, Refused (it is enabled), PolicyForbids."""

    def body(tx: Transaction) -> None:
        seen = store.get(tx, domain_id)
        ctx.authorize(policy.DELETE, _target(seen))
        if seen is None:
            raise Unknown("domain", domain_id)
        delete_in(tx, ctx, seen)

    ctx.transact("domain.delete", body)


def delete_in(tx: Transaction, ctx: Context, domain: Domain) -> None:
    attributes.deletable("domain", domain.id, domain.options)
    if domain.enabled:
        raise Refused("Cannot delete a domain that is enabled, please disable it first.")
    within = {"user": users.in_domain(tx, domain.id), "group": groups.in_domain(tx, domain.id)}
    project_ids = projects.in_domain(tx, domain.id)
    for actor_type, ids in within.items():
        assignments.remove_of_actors(tx, actor_type, ids)
    assignments.remove_at(tx, "project", project_ids)
    assignments.remove_at(tx, "domain", [domain.id])
    users.remove(tx, within["user"])
    groups.remove(tx, within["group"])
    projects.remove(tx, project_ids)
    for role_id in roles.in_domain(tx, domain.id):
        assignments.remove_of_role(tx, role_id)
        roles.remove(tx, role_id)
    store.remove(tx, domain.id)
    ledger.transition(tx, ctx, "domain", domain.id, {"enabled": False}, None)
    epoch.advance(tx)


def existing(tx: Transaction, domain_id: str) -> Domain:
    """The domain that a new resource is to be in. Raises BadInput."""
    found = store.get(tx, domain_id)
    if found is None:
        raise BadInput(f"Could not find domain: {domain_id}.")
    return found
