"""Hypervisors: `/os-hypervisors`. Before 2.53 they go by number, from then on by id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cupola.base.db.paging import Page
from cupola.base.errors import BadInput, NotSupported
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.base.ids import is_uuid
from cupola.compute.api.paging import next_page, page_of
from cupola.compute.api.schemas import hypervisors as schemas
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.api.views import hypervisors as views
from cupola.compute.logic import hypervisors
from cupola.compute.logic.hypervisors import Hypervisor
from cupola.compute.policies import hosts as policies

routes = Routes()
HYPERVISORS = "/v2.1/os-hypervisors"
HYPERVISOR = HYPERVISORS + "/{hypervisor_id}"
View = Callable[[Request, Hypervisor, bool], dict[str, Any]]


@routes.get(HYPERVISORS, rule=policies.HYPERVISOR_LIST, query=schemas.LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_LIST)
    return _list(request, "os-hypervisors", views.brief)


@routes.get(HYPERVISORS + "/detail", rule=policies.HYPERVISOR_DETAIL, query=schemas.LIST)
def detail(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_DETAIL)
    return _list(request, "os-hypervisors/detail", views.full)


def _list(request: Request, path: str, view: View) -> Response:
    with_servers = _with_servers(request)
    pattern = request.one("hypervisor_hostname_pattern") if request.at_least("2.53") else None
    if pattern is not None:
        if request.one("limit") or request.one("marker"):
            raise BadInput(
                "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported."
            )
        matching = hypervisors.named_like(request.ctx, pattern)
        return ok({"hypervisors": [view(request, one, with_servers) for one in matching]})
    page = page_of(request) if request.at_least("2.33") else Page()
    found = hypervisors.page_of(hypervisors.listed(request.ctx), page, _by_number(request))
    shown = [view(request, one, with_servers) for one in found]
    last = str(shown[-1]["id"]) if shown else None
    return ok({"hypervisors": shown} | next_page(request, path, last, len(shown) == page.limit))


def _by_number(request: Request) -> bool:
    return not request.at_least("2.53")


def _with_servers(request: Request) -> bool:
    return request.at_least("2.53") and truth(request.one("with_servers"))


def _found(request: Request) -> Hypervisor:
    if request.at_least("2.53") and not is_uuid(request["hypervisor_id"]):
        raise BadInput(f"Invalid uuid {request['hypervisor_id']}")
    return hypervisors.find(request.ctx, request["hypervisor_id"], _by_number(request))


@routes.get(HYPERVISORS + "/statistics", rule=policies.HYPERVISOR_STATISTICS, until="2.87")
def statistics(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_STATISTICS)
    found = hypervisors.listed(request.ctx)
    return ok({"hypervisor_statistics": {"count": len(found)} | views.amounts(found)})


@routes.get(HYPERVISOR, rule=policies.HYPERVISOR_SHOW, query=schemas.SHOW)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_SHOW)
    return ok({"hypervisor": views.full(request, _found(request), _with_servers(request))})


@routes.get(HYPERVISOR + "/uptime", rule=policies.HYPERVISOR_UPTIME, until="2.87")
def uptime(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_UPTIME)
    found = _found(request)
    if not found.state.alive:
        raise BadInput(f"Compute service of {found.state.service.host} is unavailable at this time.")
    told = views.uptime(found, request.ctx.now())
    if told is None:
        raise NotSupported("The host does not tell how long it is up.")
    return ok({"hypervisor": views.brief(request, found) | {"uptime": told}})


@routes.get(HYPERVISOR + "/search", rule=policies.HYPERVISOR_SEARCH, until="2.52")
def search(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_SEARCH)
    found = hypervisors.named_like(request.ctx, request["hypervisor_id"])
    return ok({"hypervisors": [views.brief(request, one) for one in found]})


@routes.get(HYPERVISOR + "/servers", rule=policies.HYPERVISOR_SERVERS, until="2.52")
def servers(request: Request) -> Response:
    request.ctx.authorize(policies.HYPERVISOR_SERVERS)
    found = hypervisors.named_like(request.ctx, request["hypervisor_id"])
    return ok({"hypervisors": [views.brief(request, one, with_servers=True) for one in found]})
