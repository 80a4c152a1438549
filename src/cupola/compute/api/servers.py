"""Servers: /v2.1/servers and /v2.1/servers/{server_id}."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, no_content, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.listing import Query, limit_of, parse
from cupola.compute.api.ordering import address, ordered
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.api.schemas.server_lists import LIST
from cupola.compute.api.schemas.servers import CREATE, UPDATE
from cupola.compute.api.views import servers as views
from cupola.compute.api.views.links import next_link
from cupola.compute.logic import create_servers, delete_servers, servers
from cupola.compute.logic.nics import owners_of_address
from cupola.compute.model.listing import Listing
from cupola.compute.model.server import Details, Server
from cupola.compute.policies import servers as policies

routes = Routes()
T = TypeVar("T", Server, Details)


@routes.post("/v2.1/servers", rule=policies.CREATE, success=202, body=CREATE)
def create(request: Request) -> Response:
    """Accept one or more servers; each is BUILD until its operation ends."""
    body = request.body["server"]
    admin_pass = body.get("adminPass") or secrets.token_urlsafe(9)
    order = ordered(request, admin_pass)
    made = create_servers.create(request.ctx, order)
    if truth(body.get("return_reservation_id", False)):
        return accepted({"reservation_id": made[0].reservation_id})
    view = views.accepted(request, made[0], order.security_groups, admin_pass)
    return accepted({"server": view}, Location=view["links"][0]["href"])


@routes.get("/v2.1/servers", rule=policies.INDEX, query=LIST)
def index(request: Request) -> Response:
    """A page of servers, by name."""
    query = parse(request)
    rule = policies.INDEX_ALL if query.all_projects else policies.INDEX
    found = _page(request, query, lambda listing: servers.listed(request.ctx, listing, query.page, rule), rule)
    return _listed(request, found, "servers", [views.brief(request, server) for server in found])


@routes.get("/v2.1/servers/detail", rule=policies.DETAIL, query=LIST)
def detail(request: Request) -> Response:
    """A page of servers, with all that is known of each."""
    query = parse(request)
    rule = policies.DETAIL_ALL if query.all_projects else policies.DETAIL
    found = _page(
        request, query, lambda listing: servers.listed_with_details(request.ctx, listing, query.page, rule), rule
    )
    sight = views.Sight.of(request.ctx)
    entries = [views.detailed(request, details, sight) for details in found]
    return _listed(request, [details.server for details in found], "servers/detail", entries)


def _page(request: Request, query: Query, read: Callable[[Listing], list[T]], rule: str) -> list[T]:
    """The servers of the page; those with an address that matches, when that was asked for."""
    if query.listing is None:
        request.ctx.authorize(rule)
        return []
    return read(owners_of_address(request.ctx, query.listing, query.addresses))


def _listed(request: Request, found: Sequence[Server], path: str, entries: list[dict[str, Any]]) -> Response:
    full = bool(found) and request.one("limit") is not None and len(found) == limit_of(request)
    links = {"servers_links": next_link(request, path, found[-1].id)} if full else {}
    return ok({"servers": entries} | links)


@routes.get("/v2.1/servers/{server_id}", rule=policies.SHOW)
def show(request: Request) -> Response:
    """One server."""
    return ok({"server": views.shown(request, servers.show(request.ctx, policies.SHOW, request["server_id"]))})


@routes.put("/v2.1/servers/{server_id}", rule=policies.UPDATE, body=UPDATE)
def update(request: Request) -> Response:
    """Change what its owner calls it, and the like."""
    body = request.body["server"]
    columns = {
        "name": "name",
        "description": "description",
        "hostname": "hostname",
        "accessIPv4": "access_ip_v4",
        "accessIPv6": "access_ip_v6",
        "OS-DCF:diskConfig": "disk_config",
    }
    changes = {column: body[field] for field, column in columns.items() if field in body}
    for column in {"access_ip_v4", "access_ip_v6"} & changes.keys():
        changes[column] = address(changes[column])
    return ok({"server": views.updated(request, servers.update(request.ctx, request["server_id"], changes))})


@routes.delete("/v2.1/servers/{server_id}", rule=policies.DELETE)
def delete(request: Request) -> Response:
    """Delete a server, whatever its state."""
    delete_servers.delete(request.ctx, policies.DELETE, request["server_id"])
    return no_content()
