"""Resource providers: `/resource_providers`."""

from __future__ import annotations

import uuid
from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated, located, path
from cupola.placement.api.queries import group
from cupola.placement.api.schemas import providers as schemas
from cupola.placement.logic import providers
from cupola.placement.model.provider import Provider
from cupola.placement.policies import providers as policies

routes = Routes()
PARTS = (("inventories", "1.0"), ("usages", "1.0"), ("aggregates", "1.1"), ("traits", "1.6"), ("allocations", "1.11"))


def view(request: Request, provider: Provider) -> dict[str, Any]:
    href = path(request, "resource_providers", provider.id)
    parts = [{"rel": part, "href": f"{href}/{part}"} for part, since in PARTS if request.at_least(since)]
    shown: dict[str, Any] = {
        "uuid": provider.id,
        "name": provider.name,
        "generation": provider.generation,
        "links": [{"rel": "self", "href": href}, *parts],
    }
    if request.at_least("1.14"):
        shown |= {"parent_provider_uuid": provider.parent_id, "root_provider_uuid": provider.root_id}
    return shown


@routes.get(policies.PROVIDERS, rule=policies.LIST, query=schemas.LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.LIST)
    wanted = providers.ProviderFilter(
        request.one("name"), request.one("uuid"), request.one("in_tree"), group(request, granular=True)
    )
    found = providers.listed(request.ctx, wanted)
    shown = {"resource_providers": [view(request, provider) for provider in found]}
    return dated(request, shown, max((provider.updated_at for provider in found), default=None))


@routes.post(policies.PROVIDERS, rule=policies.CREATE, body=schemas.CREATE)
def create(request: Request) -> Response:
    request.ctx.authorize(policies.CREATE)
    given = request.body
    provider_id = str(uuid.UUID(given["uuid"])) if given.get("uuid") else request.ctx.ids.uuid()
    made = providers.create(request.ctx, given["name"], provider_id, given.get("parent_provider_uuid"))
    shown = dated(request, view(request, made), made.updated_at) if request.at_least("1.20") else Response(201)
    return located(request, shown, "resource_providers", made.id)


@routes.get(policies.PROVIDER, rule=policies.SHOW)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.SHOW)
    provider = providers.find(request.ctx, request["uuid"])
    return dated(request, view(request, provider), provider.updated_at)


@routes.put(policies.PROVIDER, rule=policies.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    request.ctx.authorize(policies.UPDATE)
    parent = request.body.get("parent_provider_uuid", providers.KEEP)
    changed = providers.update(
        request.ctx, request["uuid"], request.body["name"], parent, may_move=request.at_least("1.37")
    )
    return dated(request, view(request, changed), changed.updated_at)


@routes.delete(policies.PROVIDER, rule=policies.DELETE)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.DELETE)
    providers.delete(request.ctx, request["uuid"])
    return no_content()
