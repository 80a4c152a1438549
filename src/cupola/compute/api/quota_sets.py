"""Quota of projects: `/os-quota-sets`."""

from __future__ import annotations

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas import quota_sets as schemas
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.api.views import quota_sets as views
from cupola.compute.logic import projects, quota_sets
from cupola.compute.logic.quota_sets import Allowance
from cupola.compute.policies import quota_sets as policies

routes = Routes()
PATH = "/v2.1/os-quota-sets/{project_id}"


@routes.get(PATH, rule=policies.SHOW, query=schemas.QUERY)
def show(request: Request) -> Response:
    project_id = request["project_id"]
    request.ctx.authorize(policies.SHOW, {"project_id": project_id})
    projects.check(request.ctx, project_id)
    return ok(views.quota_set(request, quota_sets.allowances(request.ctx, project_id), views.plain, project_id))


@routes.get(PATH + "/detail", rule=policies.DETAIL, query=schemas.QUERY)
def detail(request: Request) -> Response:
    project_id = request["project_id"]
    request.ctx.authorize(policies.DETAIL, {"project_id": project_id})
    projects.check(request.ctx, project_id)
    return ok(views.quota_set(request, quota_sets.allowances(request.ctx, project_id), views.detailed, project_id))


@routes.get(PATH + "/defaults", rule=policies.DEFAULTS, query=schemas.DEFAULTS)
def defaults(request: Request) -> Response:
    request.ctx.authorize(policies.DEFAULTS)
    projects.check(request.ctx, request["project_id"])
    limits = {name: Allowance(limit, 0) for name, limit in quota_sets.defaults().items()}
    return ok(views.quota_set(request, limits, views.plain, request["project_id"]))


@routes.put(PATH, rule=policies.UPDATE, body=schemas.UPDATE, query=schemas.QUERY)
def update(request: Request) -> Response:
    project_id = request["project_id"]
    request.ctx.authorize(policies.UPDATE, {"project_id": project_id})
    projects.check(request.ctx, project_id)
    _refuse_user(request)
    given = dict(request.body["quota_set"])
    force = truth(given.pop("force", False))
    wanted = {name: int(limit) for name, limit in given.items()}
    if theirs := sorted(set(wanted) & set(schemas.OF_NETWORK)):
        raise BadInput(f"{theirs[0]} is counted by the network service; set its quota there.")
    after = quota_sets.update(request.ctx, project_id, wanted, force)
    return ok(views.quota_set(request, after, views.plain, None))


@routes.delete(PATH, rule=policies.DELETE, query=schemas.QUERY, success=202)
def delete(request: Request) -> Response:
    project_id = request["project_id"]
    request.ctx.authorize(policies.DELETE, {"project_id": project_id})
    _refuse_user(request)
    quota_sets.reset(request.ctx, project_id)
    return accepted()


def _refuse_user(request: Request) -> None:
    if request.query.get("user_id"):
        raise BadInput("Quota is counted by project here; user_id cannot be given.")
