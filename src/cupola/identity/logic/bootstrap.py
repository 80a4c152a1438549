"""What a new cloud starts with: a domain, projects, users, roles and the catalog. Safe to repeat at every start.

Users are made, and roles given, at the first start only: what an administrator took away stays taken away. But a cloud
in which nobody was left the role admin has its administrator back at the next start.
"""

from __future__ import annotations

from collections.abc import Callable

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.ids import hex_id
from cupola.identity.logic.identity import Identity
from cupola.identity.model.assignment import SYSTEM, Assignment
from cupola.identity.model.catalog import INTERFACES, CatalogService, Endpoint, Region
from cupola.identity.model.domain import Domain
from cupola.identity.model.project import Project
from cupola.identity.model.role import WHOLE_CLOUD, Implication, Role
from cupola.identity.model.user import User
from cupola.identity.store import assignments, catalog, domains, epoch, projects, roles, users

DEFAULT_DOMAIN = "default"
REGION = "RegionOne"
PROJECTS = {
    "admin": "For the administration of the cloud.",
    "demo": "A project to try things in.",
    "service": "Of the cloud's own services.",
}
ROLES = ("admin", "manager", "member", "reader", "service")
IMPLIED = (("admin", "manager"), ("manager", "member"), ("member", "reader"))
GIVEN = (
    ("admin", "admin", "admin"),
    ("admin", "demo", "admin"),
    ("demo", "demo", "member"),
    ("cupola", "service", "admin"),
    ("cupola", "service", "service"),
)
"""User, project, role."""
SERVICES = {
    "identity": ("keystone", ""),
    "image": ("glance", ""),
    "placement": ("placement", ""),
    "compute": ("nova", "/v2.1"),
    "network": ("neutron", ""),
}
"""By type: the name that clients know it by, and its path under the service's own URL."""

UrlOf = Callable[[str], str]
"""Where clients reach a service, by its type."""


def bootstrap(identity: Identity, ctx: Context, admin_password: str, demo_password: str | None, url_of: UrlOf) -> None:
    """Make what a start needs, and let the catalog lead to `url_of` each service.

    The passwords are those of new users only; the demo user without one can not log in until it is given one.
    """
    known = ctx.read("bootstrap.users", _user_ids)
    passwords = {"admin": admin_password, "demo": demo_password, "cupola": None}
    hashes = {
        name: identity.passwords.hash(password) if password is not None and name not in known else None
        for name, password in passwords.items()
    }

    def body(tx: Transaction) -> None:
        first = domains.get(tx, DEFAULT_DOMAIN) is None
        if first:
            domains.add(tx, Domain(DEFAULT_DOMAIN, "Default", "The default domain"))
        project_ids = {name: _project(tx, ctx, name, text) for name, text in PROJECTS.items()}
        role_ids = _roles(tx, ctx)
        lacking = tuple(hashes) if first else () if _has_administrator(tx, role_ids["admin"]) else ("admin",)
        user_ids = {name: _user(tx, ctx, name, hashes[name]) for name in lacking}
        for user, project, role in GIVEN:
            if user in user_ids:
                _give(tx, user_ids[user], "project", project_ids[project], role_ids[role])
        if "admin" in user_ids:
            _give(tx, user_ids["admin"], "system", SYSTEM, role_ids["admin"])
        _catalog(tx, ctx, url_of)
        epoch.advance(tx)

    ctx.transact("bootstrap", body)


def _user_ids(tx: Transaction) -> set[str]:
    return {name for name in ("admin", "demo", "cupola") if users.named(tx, DEFAULT_DOMAIN, name)}


def _has_administrator(tx: Transaction, role_id: str) -> bool:
    """Whether anybody but the cloud itself was given the role, wherever."""
    itself = users.named(tx, DEFAULT_DOMAIN, "cupola")
    given = assignments.find(tx, role_id=role_id)
    return any(itself is None or assignment.actor_id != itself.id for assignment in given)


def _project(tx: Transaction, ctx: Context, name: str, description: str) -> str:
    found = projects.named(tx, DEFAULT_DOMAIN, name)
    if found is None:
        found = projects.add(tx, Project(hex_id(ctx.ids), DEFAULT_DOMAIN, DEFAULT_DOMAIN, name, description))
    return found.id


def _user(tx: Transaction, ctx: Context, name: str, password_hash: str | None) -> str:
    found = users.named(tx, DEFAULT_DOMAIN, name)
    if found is None:
        found = users.add(tx, User(hex_id(ctx.ids), DEFAULT_DOMAIN, name, password_hash=password_hash))
    return found.id


def _roles(tx: Transaction, ctx: Context) -> dict[str, str]:
    known = {role.name: role.id for role in roles.graph(tx).roles.values() if role.domain_id == WHOLE_CLOUD}
    new = [name for name in ROLES if name not in known]
    for name in new:
        known[name] = roles.add(tx, Role(hex_id(ctx.ids), name, options={"immutable": True})).id
    for prior, implied in IMPLIED:
        if prior in new or implied in new:
            roles.imply(tx, Implication(known[prior], known[implied]))
    return known


def _give(tx: Transaction, user_id: str, target_type: str, target_id: str, role_id: str) -> None:
    assignments.add(tx, Assignment("user", user_id, target_type, target_id, role_id))


def _catalog(tx: Transaction, ctx: Context, url_of: UrlOf) -> None:
    if catalog.region(tx, REGION) is None:
        catalog.add_region(tx, Region(REGION))
    services = {service.type: service for service in catalog.find_services(tx).rows}
    endpoints = {
        (found.service_id, found.region_id, found.interface): found for found in catalog.find_endpoints(tx).rows
    }
    for kind, (name, path) in SERVICES.items():
        service = services.get(kind) or catalog.add_service(tx, CatalogService(hex_id(ctx.ids), kind, name))
        for interface in INTERFACES:
            url = url_of(kind) + path
            known = endpoints.get((service.id, REGION, interface))
            if known is None:
                catalog.add_endpoint(tx, Endpoint(hex_id(ctx.ids), service.id, REGION, interface, url))
            elif known.url != url:
                catalog.update_endpoint(tx, known, url=url)
