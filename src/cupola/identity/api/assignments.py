"""`/v3/role_assignments`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, true
from cupola.identity.api.views import assignments as views
from cupola.identity.logic import assignments
from cupola.identity.policies import grants as policy

_INHERITED = "scope.OS-INHERIT:inherited_to"

routes = Routes()


@routes.get("/v3/role_assignments", rule=policy.LIST_ASSIGNMENTS)
def find(request: Request) -> Response:
    asked = assignments.Asked(
        role_id=request.one("role.id"),
        user_id=request.one("user.id"),
        group_id=request.one("group.id"),
        project_id=request.one("scope.project.id"),
        domain_id=request.one("scope.domain.id"),
        system="scope.system" in request.query,
        inherited=request.one(_INHERITED) == "projects" if _INHERITED in request.query else None,
        effective=true(request, "effective"),
        with_names=true(request, "include_names"),
        with_subtree=true(request, "include_subtree"),
    )
    found, names = assignments.find(request.ctx, asked)
    return collection(request, "role_assignments", [views.assignment(request, one, names) for one in found])
