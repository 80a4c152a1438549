"""From what a request names to the scope it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.db.transaction import Transaction
from cupola.identity.errors import Missing, NotAuthenticated
from cupola.identity.model.domain import Domain
from cupola.identity.model.scope import UNSCOPED, Scope
from cupola.identity.store import domains, projects

_KINDS = "system, project, domain, OS-TRUST:trust or unscoped"


def wanted(tx: Transaction, scope: Any) -> Scope | None:
    """The scope that the `scope` of a request means; None when it leaves that to the user's default project.

    Raises Missing for what cannot be understood and NotAuthenticated for what does not exist.
    """
    if scope is None:
        return None
    if scope == "unscoped":
        return UNSCOPED
    if not isinstance(scope, Mapping) or len(scope) != 1:
        raise Missing(_KINDS, "scope")
    kind, named = next(iter(scope.items()))
    if kind == "unscoped":
        return UNSCOPED
    if kind == "system":
        if not (isinstance(named, Mapping) and named.get("all") is True):
            raise Missing("all", "system")
        return Scope(system=True)
    if kind == "project":
        return Scope(project_id=_project(tx, named))
    if kind == "domain":
        return Scope(domain_id=domain(tx, named, "domain").id)
    raise Missing(_KINDS, "scope")


def _project(tx: Transaction, named: Mapping[str, Any]) -> str:
    if "id" in named:
        return str(named["id"])
    if "name" not in named:
        raise Missing("id or name", "project")
    if "domain" not in named:
        raise Missing("domain", "project")
    home = domain(tx, named["domain"], "domain")
    project = projects.named(tx, home.id, named["name"])
    if project is None:
        raise NotAuthenticated
    return project.id


def domain(tx: Transaction, named: Mapping[str, Any], where: str) -> Domain:
    """The domain named by id or name. Raises Missing, NotAuthenticated."""
    if "id" in named:
        found = domains.get(tx, named["id"])
    elif "name" in named:
        found = domains.named(tx, named["name"])
    else:
        raise Missing("id or name", where)
    if found is None:
        raise NotAuthenticated
    return found
