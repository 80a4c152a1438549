"""`/v3/endpoints`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import catalog as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import endpoints
from cupola.identity.policies import catalog as policy

PATH = "/v3/endpoints"
ONE = "/v3/endpoints/{endpoint_id}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST_ENDPOINTS)
def find(request: Request) -> Response:
    found = endpoints.find(request.ctx, wanted(request, ("interface", "service_id", "region_id")))
    return collection(request, "endpoints", [views.endpoint(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE_ENDPOINT, body=schemas.CREATE_ENDPOINT, success=201)
def create(request: Request) -> Response:
    return created({"endpoint": views.endpoint(request, endpoints.create(request.ctx, request.body["endpoint"]))})


@routes.get(ONE, rule=policy.GET_ENDPOINT)
def show(request: Request) -> Response:
    return ok({"endpoint": views.endpoint(request, endpoints.show(request.ctx, request["endpoint_id"]))})


@routes.patch(ONE, rule=policy.UPDATE_ENDPOINT, body=schemas.UPDATE_ENDPOINT)
def update(request: Request) -> Response:
    changed = endpoints.update(request.ctx, request["endpoint_id"], request.body["endpoint"])
    return ok({"endpoint": views.endpoint(request, changed)})


@routes.delete(ONE, rule=policy.DELETE_ENDPOINT)
def delete(request: Request) -> Response:
    endpoints.delete(request.ctx, request["endpoint_id"])
    return no_content()
