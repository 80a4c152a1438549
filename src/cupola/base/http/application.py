"""The WSGI application: Falcon's router over the declared routes of one or more APIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import falcon

from cupola.base.context import Cloud
from cupola.base.errors import BadInput, CupolaError, MethodNotAllowed, NoSuchPath
from cupola.base.http.api import Api
from cupola.base.http.dispatch import Authenticate, Dispatcher, unexpected
from cupola.base.http.health import add_health
from cupola.base.http.response import Response
from cupola.base.http.routes import Route
from cupola.base.ids import is_request_id, request_id
from cupola.base.observe.health import Readiness, of_database

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]
_ROOT = re.compile(r"/(v\d[\d.]*|\{path:path\})?")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


FRONT_SERVERS_ID = "CUPOLA_REQUEST_ID"
"""The id that the server in front (Apache) gave a request, and that its own logs have. No client can set it: their
headers begin with HTTP_."""


class _RequestIds:
    """Gives each request its id before anything else happens to it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        given = request.env.get(FRONT_SERVERS_ID, "")
        request.context.request_id = given if is_request_id(given) else request_id(self._cloud.ids)


class _Resource:
    """Falcon's view of a path: a responder for each declared method."""

    def __init__(self, dispatcher: Dispatcher, api: Api, routes: Sequence[Route]) -> None:
        self._slash = api.trailing_slash or _ROOT.fullmatch(routes[0].path) is not None
        for method in METHODS:
            served = [route for route in routes if route.method == method]
            if not served and method == "HEAD" and "HEAD" in api.implied:
                served = [route for route in routes if route.method == "GET"]
            setattr(self, f"on_{method.lower()}", self._responder(dispatcher, api, served, routes))
        if "OPTIONS" in api.implied:
            self.on_options = self._methods(dispatcher, api, routes)

    def _responder(
        self, dispatcher: Dispatcher, api: Api, served: Sequence[Route], routes: Sequence[Route]
    ) -> Callable[..., None]:
        def respond(request: falcon.Request, response: falcon.Response, **params: str) -> None:
            if not self._slash and request.env["PATH_INFO"].endswith("/"):
                dispatcher.refuse(NoSuchPath(), request, response)
            elif served:
                dispatcher.handle(served, request, response, params)
            else:
                dispatcher.refuse(api.wrong_method(routes), request, response)

        return respond

    @staticmethod
    def _methods(dispatcher: Dispatcher, api: Api, routes: Sequence[Route]) -> Callable[..., None]:
        answer = Response(200, headers={"Allow": ", ".join(api.methods(routes))})

        def respond(request: falcon.Request, response: falcon.Response, **_params: str) -> None:
            dispatcher.answer(answer, request, response)

        return respond


def application(
    cloud: Cloud, apis: Sequence[Api], authenticate: Authenticate, identity_url: str, alone: bool = False
) -> Wsgi:
    """A WSGI callable that serves `apis` under their roots, or one of them `alone` at the top of its own port."""
    app = falcon.App(middleware=[_RequestIds(cloud)])
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    app.resp_options.default_media_type = "application/json"
    add_health(app, Readiness(of_database(cloud.db)))
    dispatchers: dict[str, Dispatcher] = {}
    for api in apis:
        prefix = "" if alone else api.root
        dispatcher = dispatchers[prefix] = Dispatcher(cloud, api, authenticate, identity_url, prefix)
        for path, routes in _by_path(api.routes).items():
            app.add_route(prefix + path if path != "/" else prefix or "/", _Resource(dispatcher, api, routes))
    app.add_error_handler((Exception, falcon.HTTPError), _unrouted(dispatchers))
    return app


def _by_path(routes: Sequence[Route]) -> Mapping[str, list[Route]]:
    paths: dict[str, list[Route]] = {}
    for route in routes:
        paths.setdefault(route.path, []).append(route)
    return paths


def _unrouted(dispatchers: Mapping[str, Dispatcher]) -> Callable[..., None]:
    """Words what Falcon itself refuses (no such path, a broken query) in the form of the API it was meant for."""

    def handle(
        request: falcon.Request, response: falcon.Response, error: Exception, _params: Mapping[str, Any]
    ) -> None:
        known: CupolaError
        if isinstance(error, falcon.HTTPNotFound):
            known = NoSuchPath()
        elif isinstance(error, falcon.HTTPMethodNotAllowed):
            known = MethodNotAllowed(METHODS)
        elif isinstance(error, falcon.HTTPError) and error.status_code < 500:
            known = BadInput(error.description or error.title or "The request cannot be understood.")
        else:
            known = unexpected(error, request.context.request_id)
        root = "/" + request.path.lstrip("/").partition("/")[0]
        dispatcher = dispatchers.get(root) or dispatchers.get("")
        if dispatcher is not None:
            dispatcher.refuse(known, request, response)
        else:
            response.status = known.status
            response.set_header("x-openstack-request-id", request.context.request_id)
            response.media = {"error": {"code": known.status, "title": known.title, "message": known.message}}

    return handle
