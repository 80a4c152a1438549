"""Roles. Those of the whole cloud count everywhere; those of a domain are names for others, given within it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.ids import hex_id
from cupola.identity.errors import Taken, Unknown
from cupola.identity.logic import attributes
from cupola.identity.model.listing import Filter, Listed, Wanted
from cupola.identity.model.role import WHOLE_CLOUD, Role
from cupola.identity.policies import roles as policy
from cupola.identity.store import assignments, domains, epoch
from cupola.identity.store import roles as store

_KNOWN = ("name", "domain_id", "description", "options")


def target(role: Role | None) -> dict[str, Any]:
    if role is None:
        return {}
    return {"target.role.id": role.id, "target.role.name": role.name, "target.role.domain_id": role.domain_id or None}


def _known(tx: Transaction, ctx: Context, rule: str, of_domain: str, role_id: str) -> Role:
    role = store.get(tx, role_id)
    ctx.authorize(of_domain if role is not None and role.domain_id != WHOLE_CLOUD else rule, target(role))
    if role is None:
        raise Unknown("role", role_id)
    return role


def show(ctx: Context, role_id: str) -> Role:
    """Raises Unknown, PolicyForbids."""
    return ctx.read("role.show", lambda tx: _known(tx, ctx, policy.GET, policy.GET_OF_DOMAIN, role_id))


def find(ctx: Context, wanted: Wanted) -> Listed[Role]:
    """The roles of the whole cloud, or of the domain that the filters name."""
    if wanted.value_of("domain_id"):
        ctx.authorize(policy.LIST_OF_DOMAIN, {})
    else:
        ctx.authorize(policy.LIST, {})
        wanted = wanted.also(Filter("domain_id", WHOLE_CLOUD))
    return ctx.read("role.list", lambda tx: store.find(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any]) -> Role:
    """Raises Unknown, Taken, PolicyForbids."""
    own, extra = attributes.split(given, _KNOWN)
    domain_id = own.get("domain_id") or WHOLE_CLOUD
    ctx.authorize(policy.CREATE if domain_id == WHOLE_CLOUD else policy.CREATE_OF_DOMAIN, {})
    options = attributes.merged({}, own.get("options", {}))
    new = Role(hex_id(ctx.ids), own["name"], domain_id, own.get("description"), options, extra)

    def body(tx: Transaction) -> Role:
        if domain_id != WHOLE_CLOUD and domains.get(tx, domain_id) is None:
            raise Unknown("domain", domain_id)
        try:
            return store.add(tx, new)
        except Duplicate:
            raise _taken(new.name) from None

    return ctx.transact("role.create", body)


def _taken(name: str) -> Taken:
    return Taken("role", f"Duplicate entry found with name {name}")


def update(ctx: Context, role_id: str, given: Mapping[str, Any]) -> Role:
    """Raises Unknown, Taken, Immutable, BadInput, PolicyForbids."""

    def body(tx: Transaction) -> Role:
        seen = _known(tx, ctx, policy.UPDATE, policy.UPDATE_OF_DOMAIN, role_id)
        now = {"id": seen.id, "domain_id": seen.domain_id or None}
        attributes.unchanged(given, now, {"id": "ID", "domain_id": "Domain ID"})
        attributes.changeable("role", seen.id, seen.options, given)
        own, extra = attributes.split(given, _KNOWN)
        changes = {name: own[name] for name in ("name", "description") if name in own}
        options = attributes.merged(seen.options, own.get("options", {}))
        try:
            changed = store.update(tx, seen, **changes, options=options, extra={**seen.extra, **extra})
        except Duplicate:
            raise _taken(own["name"]) from None
        epoch.advance(tx)
        return changed

    return ctx.transact("role.update", body)


def delete(ctx: Context, role_id: str) -> None:
    """A role, taken from everybody who has it. Raises Unknown, Immutable, PolicyForbids."""

    def body(tx: Transaction) -> None:
        seen = _known(tx, ctx, policy.DELETE, policy.DELETE_OF_DOMAIN, role_id)
        attributes.deletable("role", role_id, seen.options)
        assignments.remove_of_role(tx, role_id)
        store.remove(tx, role_id)
        epoch.advance(tx)

    ctx.transact("role.delete", body)
