"""Host aggregates: `/os-aggregates`."""

from __future__ import annotations

from typing import Any

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas import aggregates as schemas
from cupola.compute.logic import aggregates
from cupola.compute.model.aggregate import ZONE, Aggregate
from cupola.compute.policies import aggregates as policies

routes = Routes()
AGGREGATES, AGGREGATE = "/v2.1/os-aggregates", "/v2.1/os-aggregates/{aggregate_id}"
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


def _brief(request: Request, aggregate: Aggregate) -> dict[str, Any]:
    shown = {
        "id": aggregate.id,
        "name": aggregate.name,
        "availability_zone": aggregate.zone,
        "created_at": aggregate.created_at.strftime(MOMENT),
        "updated_at": aggregate.updated_at.strftime(MOMENT) if aggregate.updated_at else None,
        "deleted": False,
        "deleted_at": None,
    }
    return shown | ({"uuid": aggregate.uuid} if request.at_least("2.41") else {})


def _full(request: Request, found: aggregates.Found) -> dict[str, Any]:
    aggregate, hosts = found
    return _brief(request, aggregate) | {"hosts": hosts, "metadata": dict(aggregate.metadata)}


def _id(request: Request) -> int:
    try:
        return int(request["aggregate_id"])
    except ValueError:
        raise BadInput("id must be an integer") from None


@routes.get(AGGREGATES, rule=policies.LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.LIST)
    return ok({"aggregates": [_full(request, found) for found in aggregates.listed(request.ctx)]})


@routes.post(AGGREGATES, rule=policies.CREATE, body=schemas.CREATE)
def create(request: Request) -> Response:
    request.ctx.authorize(policies.CREATE)
    given = request.body["aggregate"]
    made = aggregates.create(request.ctx, given["name"], given.get(ZONE))
    return ok({"aggregate": _brief(request, made)})


@routes.get(AGGREGATE, rule=policies.SHOW)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.SHOW)
    return ok({"aggregate": _full(request, aggregates.find(request.ctx, _id(request)))})


@routes.put(AGGREGATE, rule=policies.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    request.ctx.authorize(policies.UPDATE)
    given = request.body["aggregate"]
    zone = {ZONE: given[ZONE]} if ZONE in given else {}
    return ok({"aggregate": _full(request, aggregates.update(request.ctx, _id(request), given.get("name"), zone))})


@routes.delete(AGGREGATE, rule=policies.DELETE, success=200)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.DELETE)
    aggregates.delete(request.ctx, _id(request))
    return Response(200)


@routes.action(AGGREGATE + "/action", "add_host", rule=policies.ADD_HOST, body=schemas.ADD_HOST, success=200)
def add_host(request: Request) -> Response:
    request.ctx.authorize(policies.ADD_HOST)
    found = aggregates.add_host(request.ctx, _id(request), request.body["add_host"]["host"])
    return ok({"aggregate": _full(request, found)})


@routes.action(AGGREGATE + "/action", "remove_host", rule=policies.REMOVE_HOST, body=schemas.REMOVE_HOST, success=200)
def remove_host(request: Request) -> Response:
    request.ctx.authorize(policies.REMOVE_HOST)
    found = aggregates.remove_host(request.ctx, _id(request), request.body["remove_host"]["host"])
    return ok({"aggregate": _full(request, found)})


@routes.action(
    AGGREGATE + "/action", "set_metadata", rule=policies.SET_METADATA, body=schemas.SET_METADATA, success=200
)
def set_metadata(request: Request) -> Response:
    request.ctx.authorize(policies.SET_METADATA)
    wanted = request.body["set_metadata"]["metadata"]
    return ok({"aggregate": _full(request, aggregates.update(request.ctx, _id(request), None, wanted))})
