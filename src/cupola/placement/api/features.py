"""What providers are: `/resource_providers/{uuid}/traits` and `/resource_providers/{uuid}/aggregates`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated
from cupola.placement.api.schemas import features as schemas
from cupola.placement.logic import features
from cupola.placement.model.provider import Provider
from cupola.placement.policies import providers as policies

routes = Routes()
TRAITS = policies.PROVIDER + "/traits"
AGGREGATES = policies.PROVIDER + "/aggregates"


def _traits(request: Request, provider: Provider, names: list[str]) -> Response:
    body = {"traits": names, "resource_provider_generation": provider.generation}
    return dated(request, body, provider.updated_at)


def _aggregates(request: Request, provider: Provider, ids: list[str]) -> Response:
    body: dict[str, object] = {"aggregates": ids}
    if request.at_least("1.19"):
        body["resource_provider_generation"] = provider.generation
    return dated(request, body)


@routes.get(TRAITS, rule=policies.TRAIT_LIST, since="1.6")
def traits(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_LIST)
    return _traits(request, *features.traits(request.ctx, request["uuid"]))


@routes.put(TRAITS, rule=policies.TRAIT_UPDATE, since="1.6", body=schemas.SET_TRAITS)
def set_traits(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_UPDATE)
    wanted, generation = request.body["traits"], request.body["resource_provider_generation"]
    return _traits(request, *features.set_traits(request.ctx, request["uuid"], wanted, generation))


@routes.delete(TRAITS, rule=policies.TRAIT_DELETE, since="1.6")
def clear_traits(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_DELETE)
    features.set_traits(request.ctx, request["uuid"], [], None)
    return no_content()


@routes.get(AGGREGATES, rule=policies.AGGREGATE_LIST, since="1.1")
def aggregates(request: Request) -> Response:
    request.ctx.authorize(policies.AGGREGATE_LIST)
    return _aggregates(request, *features.aggregates(request.ctx, request["uuid"]))


@routes.put(AGGREGATES, rule=policies.AGGREGATE_UPDATE, since="1.1", body=schemas.SET_AGGREGATES)
def set_aggregates(request: Request) -> Response:
    request.ctx.authorize(policies.AGGREGATE_UPDATE)
    given, generation = request.body, None
    if request.at_least("1.19"):
        given, generation = given["aggregates"], given["resource_provider_generation"]
    return _aggregates(request, *features.set_aggregates(request.ctx, request["uuid"], given, generation))
