"""`/v3/services`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import catalog as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import catalog_services as services
from cupola.identity.policies import catalog as policy

PATH = "/v3/services"
ONE = "/v3/services/{service_id}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST_SERVICES)
def find(request: Request) -> Response:
    found = services.find(request.ctx, wanted(request, ("type", "name")))
    return collection(request, "services", [views.service(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE_SERVICE, body=schemas.CREATE_SERVICE, success=201)
def create(request: Request) -> Response:
    return created({"service": views.service(request, services.create(request.ctx, request.body["service"]))})


@routes.get(ONE, rule=policy.GET_SERVICE)
def show(request: Request) -> Response:
    return ok({"service": views.service(request, services.show(request.ctx, request["service_id"]))})


@routes.patch(ONE, rule=policy.UPDATE_SERVICE, body=schemas.UPDATE_SERVICE)
def update(request: Request) -> Response:
    changed = services.update(request.ctx, request["service_id"], request.body["service"])
    return ok({"service": views.service(request, changed)})


@routes.delete(ONE, rule=policy.DELETE_SERVICE)
def delete(request: Request) -> Response:
    services.delete(request.ctx, request["service_id"])
    return no_content()
