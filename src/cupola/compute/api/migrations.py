"""Migrations of servers: none, for servers here stay on the host that built them."""

from __future__ import annotations

from cupola.base.db.paging import BadMarker
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.logic.servers import get
from cupola.compute.policies import server_parts as policies

routes = Routes()


@routes.get("/v2.1/os-migrations", rule=policies.MIGRATIONS_LIST)
def index(request: Request) -> Response:
    """Of all servers."""
    request.ctx.authorize(policies.MIGRATIONS_LIST)
    marker = request.one("marker")
    if marker is not None and request.at_least("2.59"):
        raise BadMarker(marker)
    return ok({"migrations": []})


@routes.get("/v2.1/servers/{server_id}/migrations", rule=policies.SERVER_MIGRATIONS_LIST, since="2.23")
def of_server(request: Request) -> Response:
    """Of one server, while they are under way."""
    get(request.ctx, policies.SERVER_MIGRATIONS_LIST, request["server_id"])
    return ok({"migrations": []})
