"""`/v3/roles`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import roles as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import roles
from cupola.identity.policies import roles as policy

PATH = "/v3/roles"
ONE = "/v3/roles/{role_id}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST)
def find(request: Request) -> Response:
    found = roles.find(request.ctx, wanted(request, ("name", "domain_id")))
    return collection(request, "roles", [views.role(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    return created({"role": views.role(request, roles.create(request.ctx, request.body["role"]))})


@routes.get(ONE, rule=policy.GET)
def show(request: Request) -> Response:
    return ok({"role": views.role(request, roles.show(request.ctx, request["role_id"]))})


@routes.patch(ONE, rule=policy.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    return ok({"role": views.role(request, roles.update(request.ctx, request["role_id"], request.body["role"]))})


@routes.delete(ONE, rule=policy.DELETE)
def delete(request: Request) -> Response:
    roles.delete(request.ctx, request["role_id"])
    return no_content()
