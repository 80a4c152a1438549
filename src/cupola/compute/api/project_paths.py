"""The older form of every path: /v2.1/{project_id}/…, with the caller's own project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cupola.base.errors import NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Handler, Route
from cupola.base.ids import is_uuid
from cupola.compute.errors import BadRequest

PREFIX = "/v2.1/"


def with_project(routes: Iterable[Route]) -> list[Route]:
    """The routes, and each of them again with a project in its path."""
    routes = list(routes)
    older = [
        replace(route, path=f"{PREFIX}{{own_project}}/{route.path.removeprefix(PREFIX)}", handler=_own(route.handler))
        for route in routes
        if route.path.startswith(PREFIX)
    ]
    return [*routes, *older]


def _own(handler: Handler) -> Handler:
    def handle(request: Request) -> Response:
        if request["own_project"] != request.ctx.project_id:
            own, given = request.ctx.project_id, request["own_project"]
            if not is_uuid(given):
                raise NotFound("The resource could not be found.")
            raise BadRequest(
                f"Malformed request URL: URL's project_id '{given}' doesn't match Context's project_id '{own}'"
            )
        return handler(request)

    return handle
