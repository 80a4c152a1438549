"""Roles of users and groups on projects, domains and the system, and those that projects inherit: one set of paths."""

from __future__ import annotations

from functools import partial
from itertools import product

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection
from cupola.identity.api.views import resources as views
from cupola.identity.logic import grants
from cupola.identity.logic.grants import Place
from cupola.identity.model.assignment import SYSTEM

routes = Routes()


def _place(request: Request, kind: Place) -> Place:
    target_id = SYSTEM if kind.target_type == "system" else request[f"{kind.target_type}_id"]
    return Place(kind.actor_type, request[f"{kind.actor_type}_id"], kind.target_type, target_id, kind.inherited)


def _find(kind: Place, request: Request) -> Response:
    found = grants.find(request.ctx, _place(request, kind))
    return collection(request, "roles", [views.role(request, role) for role in found])


def _check(kind: Place, request: Request) -> Response:
    grants.check(request.ctx, _place(request, kind), request["role_id"])
    return no_content()


def _create(kind: Place, request: Request) -> Response:
    grants.create(request.ctx, _place(request, kind), request["role_id"])
    return no_content()


def _revoke(kind: Place, request: Request) -> Response:
    grants.revoke(request.ctx, _place(request, kind), request["role_id"])
    return no_content()


def _declare(kind: Place, path: str, suffix: str = "") -> None:
    one = f"{path}/{{role_id}}{suffix}"
    if not (kind.inherited and kind.target_type == "project"):  # there is no list of these alone
        routes.get(path + suffix, rule=kind.rule("list"))(partial(_find, kind))
    routes.get(one, rule=kind.rule("check"), success=204)(partial(_check, kind))
    routes.put(one, rule=kind.rule("create"), success=204)(partial(_create, kind))
    routes.delete(one, rule=kind.rule("revoke"))(partial(_revoke, kind))


for _actor in ("user", "group"):
    _to = f"{_actor}s/{{{_actor}_id}}/roles"
    _declare(Place(_actor, "", "system"), f"/v3/system/{_to}")
    for _target, _inherited in product(("project", "domain"), (False, True)):
        _at = f"{_target}s/{{{_target}_id}}/{_to}"
        _kind = Place(_actor, "", _target, "", _inherited)
        if _inherited:
            _declare(_kind, f"/v3/OS-INHERIT/{_at}", "/inherited_to_projects")
        else:
            _declare(_kind, f"/v3/{_at}")
