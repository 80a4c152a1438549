"""What goes out of a token."""

from __future__ import annotations

from typing import Any

from cupola.base.clock import iso_micro
from cupola.identity.logic.tokens import Shown
from cupola.identity.model.domain import Domain
from cupola.identity.model.project import Project
from cupola.identity.model.role import Role
from cupola.identity.model.token import Holding


def token(shown: Shown) -> dict[str, Any]:
    payload, holding = shown.token.payload, shown.token.holding
    view: dict[str, Any] = {
        "methods": list(payload.methods),
        "user": {
            "domain": _named(holding.user_domain),
            "id": holding.user.id,
            "name": holding.user.name,
            "password_expires_at": None,
        },
        "audit_ids": list(payload.audit_ids),
        "expires_at": iso_micro(payload.expires_at),
        "issued_at": iso_micro(payload.issued_at),
        **_scope(holding),
    }
    if shown.catalog is not None:
        view["catalog"] = shown.catalog
    return {"token": view}


def _scope(holding: Holding) -> dict[str, Any]:
    if holding.scope.unscoped:
        return {}
    roles = {"roles": [_named(role) for role in holding.roles]}
    if holding.project is not None and holding.domain is not None:
        return {"project": {"domain": _named(holding.domain), **_named(holding.project)}, "is_domain": False, **roles}
    if holding.domain is not None:
        return {"domain": _named(holding.domain), **roles}
    return {"system": {"all": True}, **roles}


def _named(thing: Domain | Project | Role) -> dict[str, str]:
    return {"id": thing.id, "name": thing.name}
