"""All that others may call of identity.

Wiring makes one `Identity(settings, keys)`, hands it to `service.service(identity)`, and uses it for the others here:

    identity = Identity(settings, KeyDirectory(path))
    authenticate = partial(interface.authenticate, identity)
    bootstrap(identity, ctx, admin_password, demo_password, url_of)
"""

from __future__ import annotations

from collections.abc import Iterable

from cupola.base.db.transaction import Transaction
from cupola.identity.logic.authentication import authenticate
from cupola.identity.logic.bootstrap import bootstrap
from cupola.identity.logic.catalog import catalog
from cupola.identity.logic.identity import Identity
from cupola.identity.store import projects, users

__all__ = [
    "Identity",
    "authenticate",
    "bootstrap",
    "catalog",
    "project_exists",
    "project_named",
    "project_names",
    "user_names",
]


def project_names(tx: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """Names of projects by id, in one statement; unknown ids are left out."""
    return {project.id: project.name for project in projects.among(tx, ids)}


def user_names(tx: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """Names of users by id, in one statement; unknown ids are left out."""
    return {user.id: user.name for user in users.among(tx, ids)}


def project_named(tx: Transaction, name: str, domain_id: str = "default") -> str | None:
    """The id of a project by its name."""
    project = projects.named(tx, domain_id, name)
    return None if project is None else project.id


def project_exists(tx: Transaction, project_id: str) -> bool:
    """Whether there is such a project (of which others keep the id only)."""
    return projects.get(tx, project_id) is not None
