"""`/v3/regions`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import catalog as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import regions
from cupola.identity.policies import catalog as policy

PATH = "/v3/regions"
ONE = "/v3/regions/{region_id}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST_REGIONS, query=schemas.LIST_REGIONS)
def find(request: Request) -> Response:
    found = regions.find(request.ctx, wanted(request, ("parent_region_id",)))
    return collection(request, "regions", [views.region(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE_REGION, body=schemas.CREATE_REGION, success=201)
def create(request: Request) -> Response:
    return created({"region": views.region(request, regions.create(request.ctx, request.body["region"]))})


@routes.put(ONE, rule=policy.CREATE_REGION, body=schemas.CREATE_REGION, success=201)
def create_named(request: Request) -> Response:
    new = regions.create(request.ctx, request.body["region"], request["region_id"])
    return created({"region": views.region(request, new)})


@routes.get(ONE, rule=policy.GET_REGION)
def show(request: Request) -> Response:
    return ok({"region": views.region(request, regions.show(request.ctx, request["region_id"]))})


@routes.patch(ONE, rule=policy.UPDATE_REGION, body=schemas.CREATE_REGION)
def update(request: Request) -> Response:
    changed = regions.update(request.ctx, request["region_id"], request.body["region"])
    return ok({"region": views.region(request, changed)})


@routes.delete(ONE, rule=policy.DELETE_REGION)
def delete(request: Request) -> Response:
    regions.delete(request.ctx, request["region_id"])
    return no_content()
