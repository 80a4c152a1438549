"""Limits of the caller's project: `/limits`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas import quota_sets as schemas
from cupola.compute.api.views import quota_sets as views
from cupola.compute.logic import quota_sets
from cupola.compute.policies import quota_sets as policies

routes = Routes()


@routes.get("/v2.1/limits", rule=policies.LIMITS, query=schemas.LIMITS)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.LIMITS)
    project_id = request.one("tenant_id")
    if project_id is not None:
        request.ctx.authorize(policies.OTHER_LIMITS, {"project_id": project_id})
    allowances = quota_sets.allowances(request.ctx, project_id or request.ctx.project_id or "")
    return ok(views.limits(request, allowances))
