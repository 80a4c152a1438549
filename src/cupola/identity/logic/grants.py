"""Roles given to users and groups on projects, domains and the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput
from cupola.identity.errors import NotGiven, Refused, Unknown
from cupola.identity.logic import groups, projects, roles, users
from cupola.identity.model.assignment import SYSTEM, Assignment
from cupola.identity.model.role import Role
from cupola.identity.policies import grants as policy
from cupola.identity.store import assignments, epoch
from cupola.identity.store import domains as domain_store
from cupola.identity.store import groups as group_store
from cupola.identity.store import projects as project_store
from cupola.identity.store import roles as role_store
from cupola.identity.store import users as user_store

_RULES = {"list": policy.LIST, "check": policy.CHECK, "create": policy.CREATE, "revoke": policy.REVOKE}


@dataclass(frozen=True)
class Place:
    """To whom and where: the part of a grant that its path names before the role."""

    actor_type: str
    actor_id: str
    target_type: str
    target_id: str = SYSTEM
    inherited: bool = False

    def with_role(self, role_id: str) -> Assignment:
        return Assignment(self.actor_type, self.actor_id, self.target_type, self.target_id, role_id, self.inherited)

    def rule(self, verb: str) -> str:
        return policy.of_system(verb, self.actor_type) if self.target_type == "system" else _RULES[verb]


def _known(tx: Transaction, ctx: Context, verb: str, place: Place, role_id: str | None = None) -> None:
    """All that is named must be there, and the caller allowed. Raises Unknown, PolicyForbids.

    Of what is to be taken away, who had it need not be there any more.
    """
    seen, missing = _actor(tx, place)
    at, no_target = _target(tx, place)
    role = None if role_id is None else role_store.get(tx, role_id)
    ctx.authorize(place.rule(verb), {**seen, **at, **roles.target(role)})
    if role_id is not None and role is None:
        raise Unknown("role", role_id)
    if no_target:
        raise Unknown(place.target_type, place.target_id)
    if missing and verb != "revoke":
        raise Unknown(place.actor_type, place.actor_id)


def _actor(tx: Transaction, place: Place) -> tuple[dict[str, Any], bool]:
    if place.actor_type == "user":
        user = user_store.get(tx, place.actor_id)
        return dict(users.target(user, place.actor_id)), user is None
    group = group_store.get(tx, place.actor_id)
    return groups.target(group), group is None


def _target(tx: Transaction, place: Place) -> tuple[dict[str, Any], bool]:
    if place.target_type == "project":
        project = project_store.get(tx, place.target_id)
        return dict(projects.target(project)), project is None
    if place.target_type == "domain":
        domain = domain_store.get(tx, place.target_id)
        return ({}, True) if domain is None else ({"target.domain.id": domain.id}, False)
    return {}, False


def find(ctx: Context, place: Place) -> list[Role]:
    """The roles given. Raises Unknown, PolicyForbids."""

    def body(tx: Transaction) -> list[Role]:
        _known(tx, ctx, "list", place)
        return role_store.given(tx, place.with_role(""))

    return ctx.read("grant.list", body)


def check(ctx: Context, place: Place, role_id: str) -> None:
    """Raises Unknown, NotGiven, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _known(tx, ctx, "check", place, role_id)
        if not assignments.exists(tx, place.with_role(role_id)):
            raise NotGiven(role_id, place.actor_id, place.target_id)

    ctx.read("grant.check", body)


def create(ctx: Context, place: Place, role_id: str) -> None:
    """Give a role; whoever has it keeps it. Raises Unknown, Refused, BadInput, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _known(tx, ctx, "create", place, role_id)
        _fits(tx, place, role_id)
        assignments.add(tx, place.with_role(role_id))
        epoch.advance(tx)

    ctx.transact("grant.create", body)


def _fits(tx: Transaction, place: Place, role_id: str) -> None:
    """A role of a domain is for the projects of that domain."""
    role = role_store.get(tx, role_id)
    if role is None or role.of_the_cloud:
        return
    if place.target_type == "system":
        raise BadInput(f"Role {role_id} is of a domain and cannot be given on the system.")
    project = project_store.get(tx, place.target_id) if place.target_type == "project" else None
    if project is not None and project.domain_id != role.domain_id:
        raise Refused(f"Project {place.target_id} must be in the same domain as the role {role_id} being assigned.")


def revoke(ctx: Context, place: Place, role_id: str) -> None:
    """Take a role away; tokens lose it at once. Raises Unknown, NotGiven, PolicyForbids."""

    def body(tx: Transaction) -> None:
        _known(tx, ctx, "revoke", place, role_id)
        if not assignments.remove(tx, place.with_role(role_id)):
            raise NotGiven(role_id, place.actor_id, place.target_id)
        epoch.advance(tx)

    ctx.transact("grant.revoke", body)
