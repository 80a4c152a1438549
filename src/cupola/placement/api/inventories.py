"""Inventories: `/resource_providers/{uuid}/inventories`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.errors import MethodNotAllowed
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated, located
from cupola.placement.api.schemas import inventories as schemas
from cupola.placement.logic import inventories
from cupola.placement.model.inventory import Inventory
from cupola.placement.model.provider import Provider
from cupola.placement.policies import providers as policies

routes = Routes()
FIELDS = ("total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio")


def view(inventory: Inventory) -> dict[str, Any]:
    return {field: getattr(inventory, field) for field in FIELDS}


def read(provider_id: str, resource_class: str, given: Mapping[str, Any]) -> Inventory:
    """An inventory as a body gives it, with defaults for what it leaves out."""
    numbers: dict[str, Any] = {
        name: (float if name == "allocation_ratio" else int)(given[name]) for name in FIELDS if name in given
    }
    return Inventory(provider_id, resource_class, **numbers)


def _all(request: Request, provider: Provider, found: Mapping[str, Inventory]) -> Response:
    shown = {name: view(inventory) for name, inventory in found.items()}
    body = {"resource_provider_generation": provider.generation, "inventories": shown}
    return dated(request, body, provider.updated_at)


def _one(request: Request, provider: Provider, inventory: Inventory, status: int = 200) -> Response:
    body = view(inventory) | {"resource_provider_generation": provider.generation}
    return dated(request, body, provider.updated_at, status)


def _full(request: Request) -> bool:
    """Whether all of an inventory may be reserved."""
    return request.at_least("1.26")


@routes.get(policies.INVENTORIES, rule=policies.INVENTORY_LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_LIST)
    return _all(request, *inventories.listed(request.ctx, request["uuid"]))


@routes.post(policies.INVENTORIES, rule=policies.INVENTORY_CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_CREATE)
    given = read(request["uuid"], request.body["resource_class"], request.body)
    provider, made = inventories.add(request.ctx, given, _full(request))
    shown = _one(request, provider, made, 201)
    return located(request, shown, "resource_providers", provider.id, "inventories", made.resource_class)


@routes.put(policies.INVENTORIES, rule=policies.INVENTORY_UPDATE, body=schemas.SET)
def replace(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_UPDATE)
    wanted = [read(request["uuid"], name, given) for name, given in request.body["inventories"].items()]
    generation = request.body["resource_provider_generation"]
    return _all(request, *inventories.replace(request.ctx, request["uuid"], generation, wanted, _full(request)))


@routes.delete(policies.INVENTORIES, rule=policies.INVENTORY_DELETE)
def clear(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_DELETE)
    if not request.at_least("1.5"):
        raise MethodNotAllowed(("GET", "POST", "PUT"))
    inventories.replace(request.ctx, request["uuid"], None, [], _full(request))
    return no_content()


@routes.get(policies.INVENTORY, rule=policies.INVENTORY_SHOW)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_SHOW)
    return _one(request, *inventories.find(request.ctx, request["uuid"], request["resource_class"]))


@routes.put(policies.INVENTORY, rule=policies.INVENTORY_UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_UPDATE)
    given = read(request["uuid"], request["resource_class"], request.body)
    generation = request.body["resource_provider_generation"]
    return _one(request, *inventories.update(request.ctx, given, generation, _full(request)))


@routes.delete(policies.INVENTORY, rule=policies.INVENTORY_DELETE)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.INVENTORY_DELETE)
    inventories.remove(request.ctx, request["uuid"], request["resource_class"])
    return no_content()
