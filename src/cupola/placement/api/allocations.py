"""Allocations: `/allocations`, those of a provider, and `/reshaper`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.base.ids import is_uuid
from cupola.placement.api.answers import dated
from cupola.placement.api.inventories import read
from cupola.placement.api.schemas import allocations as schemas
from cupola.placement.logic import allocations
from cupola.placement.model.demand import NOBODY, Demand
from cupola.placement.policies import allocations as policies
from cupola.placement.policies import providers as provider_policies

routes = Routes()


@routes.get(policies.ONE, rule=policies.LIST)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.LIST)
    consumer, held, givers = allocations.held_by(request.ctx, request["consumer_uuid"])
    by_provider: dict[str, Any] = {}
    for one in held:
        entry = {"generation": givers[one.provider_id].generation, "resources": {}}
        by_provider.setdefault(one.provider_id, entry)["resources"][one.resource_class] = one.used
    body: dict[str, Any] = {"allocations": by_provider}
    if consumer is not None and request.at_least("1.12"):
        body |= {"project_id": consumer.project_id, "user_id": consumer.user_id}
        if request.at_least("1.28"):
            body["consumer_generation"] = consumer.generation
        if request.at_least("1.38"):
            body["consumer_type"] = consumer.type or "unknown"
    return dated(request, body, consumer.updated_at if consumer else None)


@routes.get(provider_policies.PROVIDER + "/allocations", rule=provider_policies.ALLOCATION_LIST)
def of_provider(request: Request) -> Response:
    request.ctx.authorize(provider_policies.ALLOCATION_LIST)
    provider, given, consumers = allocations.given_by(request.ctx, request["uuid"])
    by_consumer: dict[str, Any] = {}
    for one in given:
        by_consumer.setdefault(one.consumer_id, {"resources": {}})["resources"][one.resource_class] = one.used
    if request.at_least("1.28"):
        for consumer_id, entry in by_consumer.items():
            entry["consumer_generation"] = consumers[consumer_id].generation
    body = {"allocations": by_consumer, "resource_provider_generation": provider.generation}
    return dated(request, body, max((one.updated_at for one in consumers.values()), default=None))


@routes.put(policies.ONE, rule=policies.UPDATE, body=schemas.SET_ONE, success=204)
def set_one(request: Request) -> Response:
    request.ctx.authorize(policies.UPDATE)
    consumer_id = request["consumer_uuid"]
    if not is_uuid(consumer_id):
        raise BadInput(f"Malformed consumer_uuid: {consumer_id}")
    allocations.write(request.ctx, [_demand(request, str(uuid.UUID(consumer_id)), request.body)])
    return no_content()


@routes.post("/allocations", rule=policies.MANAGE, since="1.13", body=schemas.SET_MANY, success=204)
def set_many(request: Request) -> Response:
    request.ctx.authorize(policies.MANAGE)
    allocations.write(request.ctx, _demands(request, request.body))
    return no_content()


@routes.delete(policies.ONE, rule=policies.DELETE)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.DELETE)
    allocations.clear(request.ctx, request["consumer_uuid"])
    return no_content()


@routes.post("/reshaper", rule=policies.RESHAPE, since="1.30", body=schemas.RESHAPE, success=204)
def reshape(request: Request) -> Response:
    request.ctx.authorize(policies.RESHAPE)
    wanted = {
        provider_id: (
            given["resource_provider_generation"],
            [read(provider_id, name, inventory) for name, inventory in given["inventories"].items()],
        )
        for provider_id, given in request.body["inventories"].items()
    }
    allocations.reshape(request.ctx, wanted, _demands(request, request.body["allocations"]), full=True)
    return no_content()


def _demands(request: Request, bodies: Mapping[str, Any]) -> list[Demand]:
    return [_demand(request, consumer_id, given) for consumer_id, given in sorted(bodies.items())]


def _demand(request: Request, consumer_id: str, given: Mapping[str, Any]) -> Demand:
    wanted = given["allocations"]
    if isinstance(wanted, list):  # the form before 1.12
        wanted = {one["resource_provider"]["uuid"]: one for one in wanted}
    return Demand(
        consumer_id,
        {provider_id: one["resources"] for provider_id, one in wanted.items()},
        project_id=given.get("project_id", NOBODY),
        user_id=given.get("user_id", NOBODY),
        guarded=request.at_least("1.28"),
        generation=given.get("consumer_generation"),
        type=given.get("consumer_type"),
    )
