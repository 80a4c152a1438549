"""Routers: `/v2.0/routers`, their interfaces and routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.network.api.attributes import (
    ADMIN_STATE,
    DESCRIPTION,
    ID,
    NAME,
    PROJECT,
    STANDARD,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import address, block, boolean, each, mapping, optional, text, uuid
from cupola.network.api.resource import ANY_BODY, Resource, one_given
from cupola.network.api.views.routers import interface, router
from cupola.network.errors import HTTPBadRequest, RouterNotFound
from cupola.network.logic import router_interfaces
from cupola.network.logic import routers as logic
from cupola.network.logic.router_interfaces import Interface
from cupola.network.logic.scope import owned

_FIXED = mapping({}, {"subnet_id": uuid, "ip_address": address})
_FIXED_IPS = each(_FIXED, distinct=False)
_GATEWAY = mapping({}, {"network_id": optional(uuid), "enable_snat": boolean, "external_fixed_ips": _FIXED_IPS})
_ROUTES = each(mapping({"destination": block, "nexthop": address}))

ATTRIBUTES = Attributes(
    "router",
    (
        ID,
        NAME,
        DESCRIPTION,
        PROJECT,
        ADMIN_STATE,
        Attribute(
            "external_gateway_info",
            optional(_GATEWAY),
            rule=True,
            parts=("network_id", "enable_snat", "external_fixed_ips"),
        ),
        Attribute("routes", optional(_ROUTES), [], post=False),
        Attribute("distributed", boolean, False, put=False, rule=True, secret=True, constant=False, parse=boolean),
        Attribute("ha", boolean, False, put=False, rule=True, secret=True, constant=False, parse=boolean),
        Attribute("availability_zone_hints", each(text()), [], put=False),
        read_only("availability_zones"),
        read_only("flavor_id"),
        read_only("status", "status"),
        *STANDARD,
    ),
)

ROUTERS = Resource(
    "routers",
    ATTRIBUTES,
    logic,
    router,
    lambda detail: owned(detail.router.project_id),
    "routers",
    RouterNotFound,
    update=logic.update,
)
routes = ROUTERS.routes()

_ONE = "/v2.0/routers/{id}"


@routes.put(_ONE + "/add_router_interface", rule="add_router_interface", body=ANY_BODY)
def add_interface(request: Request) -> Response:
    return _interface(request, router_interfaces.add)


@routes.put(_ONE + "/remove_router_interface", rule="remove_router_interface", body=ANY_BODY)
def remove_interface(request: Request) -> Response:
    return _interface(request, router_interfaces.remove)


def _interface(request: Request, change: Callable[[Context, str, Mapping[str, Any]], Interface]) -> Response:
    if not isinstance(request.body, dict):
        raise HTTPBadRequest("Body contains invalid data")
    return ok(interface(change(request.ctx, request["id"], request.body)))


@routes.put(_ONE + "/add_extraroutes", rule="add_extraroutes", body=ANY_BODY)
def add_routes(request: Request) -> Response:
    return _change_routes(request, add=True)


@routes.put(_ONE + "/remove_extraroutes", rule="remove_extraroutes", body=ANY_BODY)
def remove_routes(request: Request) -> Response:
    return _change_routes(request, add=False)


def _change_routes(request: Request, add: bool) -> Response:
    asked = ATTRIBUTES.for_update(request.ctx, one_given(request.body, "router"))
    changed = logic.change_routes(request.ctx, request["id"], asked.get("routes") or [], add)
    return ok({"router": ROUTERS.shown(request.ctx, changed)})
