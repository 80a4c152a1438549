"""From a WSGI request to a handler and back: ids, caller, microversion, body, handler, ledger, fault.

The order of `Dispatcher._handle` is the one list of what happens to every request.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import falcon
import orjson

from cupola.base import ledger
from cupola.base.context import Call, Caller, Cloud, Context
from cupola.base.errors import (
    BadInput,
    CupolaError,
    NoSuchPath,
    NotFound,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from cupola.base.http import faults
from cupola.base.http.api import Api
from cupola.base.http.body import Body
from cupola.base.http.microversions import Version, newest
from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Route
from cupola.base.http.validation import check, is_readable, parse
from cupola.base.ids import is_request_id, request_id
from cupola.base.observe.log import about
from cupola.base.observe.metrics import REQUESTS

log = logging.getLogger(__name__)
access = logging.getLogger("cupola.access")

OWN_401 = ("identity", "image")
"""Services that word in their own form that there is no valid token; all others share one."""

MOST_ASKED = 256
"""Values of a query, repeated or between commas. Each may be a condition of an SQL statement, whose depth databases
limit; as many ids as this would make a longer URL than most servers take."""

Authenticate = Callable[[Context, str], Caller]
"""Who a token belongs to. Raises Unauthenticated."""


class InternalError(CupolaError):
    """Something that should not happen; the log has the traceback under the request id."""


class Dispatcher:
    """Serves the routes that share a path and a method of one API."""

    def __init__(self, cloud: Cloud, api: Api, authenticate: Authenticate, identity_url: str, prefix: str) -> None:
        self._cloud = cloud
        self._api = api
        self._authenticate = authenticate
        self._identity_url = identity_url
        self._prefix = prefix

    def handle(
        self, routes: Sequence[Route], raw: falcon.Request, answer: falcon.Response, params: dict[str, str]
    ) -> None:
        with about(request_id=raw.context.request_id, service=self._api.service):
            self._handle(routes, raw, answer, params)

    def _handle(
        self, routes: Sequence[Route], raw: falcon.Request, answer: falcon.Response, params: dict[str, str]
    ) -> None:
        began = time.monotonic()
        ctx = self._context(raw)
        refused: CupolaError | None = None
        try:
            public = [route for route in routes if route.rule is None]
            if not public:
                ctx = self._known(ctx, raw)
                ctx = self._called(ctx, routes[0], raw)
            version = self._api.microversions.negotiate(raw.headers) if self._api.microversions else None
            raw.context.microversion = version
            route, body = self._choose(routes, raw, version)
            if public and route.rule is not None:
                ctx = self._known(ctx, raw)
            ctx = self._called(ctx, route, raw, route.action)
            response = self._answer(ctx, route, raw, params, body, version)
            self._write(answer, response, ctx, raw)
        except Exception as error:  # noqa: BLE001 - an unknown one becomes a 500 with its traceback in the log
            refused = self._as_known(error, ctx)
            if isinstance(error, NoSuchPath):
                raw.context.microversion = None
            response = self._fault(refused, ctx, raw)
            self._write(answer, response, ctx, raw)
        if ctx.call is not None:
            self._note(ctx, ctx.call, response.status, refused)
        self._log(ctx, raw, response.status, began)

    def refuse(self, error: CupolaError, raw: falcon.Request, answer: falcon.Response) -> None:
        """Answer a request that no route takes."""
        began = time.monotonic()
        ctx = self._context(raw)
        if self._api.microversions is not None and not self._api.hides_methods:
            with contextlib.suppress(CupolaError):  # what is refused comes first
                raw.context.microversion = self._api.microversions.negotiate(raw.headers)
        response = self._fault(error, ctx, raw)
        self._write(answer, response, ctx, raw)
        self._log(ctx, raw, response.status, began)

    def answer(self, response: Response, raw: falcon.Request, answer: falcon.Response) -> None:
        """Answer a request that needs no handler."""
        began = time.monotonic()
        ctx = self._context(raw)
        self._write(answer, response, ctx, raw)
        self._log(ctx, raw, response.status, began)

    # the way in ---------------------------------------------------------------------------------------------------

    def _context(self, raw: falcon.Request) -> Context:
        given = raw.get_header("X-OpenStack-Request-ID") or ""
        return Context(
            self._cloud,
            Caller(),
            raw.context.request_id or request_id(self._cloud.ids),
            given if is_request_id(given) else None,
        )

    def _known(self, ctx: Context, raw: falcon.Request) -> Context:
        known_by = self._api.bearer
        token = raw.get_header("X-Auth-Token") if known_by is None else _bearer(raw)
        if not token:
            raise Unauthenticated("The request you have made requires authentication.")
        caller = (known_by or self._authenticate)(ctx, token)
        return Context(ctx.cloud, caller, ctx.request_id, ctx.global_request_id)

    def _choose(self, routes: Sequence[Route], raw: falcon.Request, at: Version | None) -> tuple[Route, Any]:
        offered = [route for route in routes if route.offered_at(at)]
        if not offered:
            raise NotFound("The resource could not be found.")
        if offered[0].streams:
            return offered[0], None
        body = self._body(raw, bool(offered[0].body) or offered[0].action is not None)
        if offered[0].action is None:
            return offered[0], body
        if not isinstance(body, dict) or not body:
            raise BadInput("There is no such action: None")
        for route in offered:
            if route.action in body and len(body) == 1:
                return route, body
        raise BadInput(f"There is no such action: {', '.join(sorted(map(str, body)))}")

    def _body(self, raw: falcon.Request, expected: bool) -> Any:
        if not expected:
            return None
        length = raw.content_length
        if length is not None and length > self._api.body_limit:
            raise TooLarge(f"Request is too large: more than {self._api.body_limit} bytes.")
        data = Body(raw).whole(self._api.body_limit)
        if len(data) > self._api.body_limit:
            raise TooLarge(f"Request is too large: more than {self._api.body_limit} bytes.")
        if not data:
            raise BadInput("Malformed request body: it is empty.")
        media = (raw.content_type or "application/json").partition(";")[0].strip().lower()
        if self._api.media and media not in self._api.media:
            raise UnsupportedMediaType(f"The media type {media} is not supported, use application/json.")
        return parse(data)

    def _called(self, ctx: Context, route: Route, raw: falcon.Request, action: str | None = None) -> Context:
        if not is_readable(raw.path):  # no thing has such an id, and PostgreSQL would not even look
            raise NotFound("The resource could not be found.")
        path = raw.path if not raw.query_string else f"{raw.path}?{raw.query_string}"
        name = f"{self._api.root}{route.path}" + (f"#{action}" if action else "")
        call = Call(raw.method, path, name, self._api.service, ctx.now(), route.success)
        return Context(ctx.cloud, ctx.caller, ctx.request_id, ctx.global_request_id, call)

    def _answer(
        self, ctx: Context, route: Route, raw: falcon.Request, params: dict[str, str], body: Any, at: Version | None
    ) -> Response:
        query = {name: _texts(value) for name, value in raw.params.items()}
        if sum(1 + value.count(",") for values in query.values() for value in values) > MOST_ASKED:
            raise BadInput(f"The query holds more than {MOST_ASKED} values; ask for fewer things at once.")
        for name, values in query.items():
            if not all(map(is_readable, (name, *values))):
                raise BadInput(
                    f"Invalid input for query parameters {name}. NUL and numbers of over 1000 digits are not allowed."
                )
        if route.query:
            check(newest(route.query, at), {name: list(values) for name, values in query.items()}, query=True)
        if route.body:
            check(newest(route.body, at), body)
        response = route.handler(
            Request(
                ctx=ctx,
                method=raw.method,
                path=raw.path,
                root=f"{raw.forwarded_prefix}{self._prefix}",
                params=params,
                query=query,
                headers=raw.headers,
                body=body,
                microversion=at,
                stream=Body(raw) if route.streams else None,
                content_length=raw.content_length,
            )
        )
        if route.rule is not None and not ctx.marks.authorized:
            raise RuntimeError(f"{route.method} {route.path} was answered without asking the policy")
        return response

    # the way out --------------------------------------------------------------------------------------------------

    def _as_known(self, error: Exception, ctx: Context) -> CupolaError:
        if isinstance(error, CupolaError):
            return error
        if isinstance(error, falcon.HTTPError) and error.status_code < 500:  # a header that is not as it should be
            return BadInput(error.description or error.title or "The request cannot be understood.")
        return unexpected(error, ctx.request_id)

    def _fault(self, error: CupolaError, ctx: Context, raw: falcon.Request) -> Response:
        if isinstance(error, Unauthenticated) and self._api.service not in OWN_401 and self._api.bearer is None:
            return faults.unauthenticated(error, self._identity_url)
        refused = faults.Refused(ctx.request_id, raw.get_header("Accept") or "", _microversion(raw))
        response = self._api.faults(error, self._api.status_of(error), refused)
        extra = dict(error.headers)
        if isinstance(error, Unauthenticated):
            extra["WWW-Authenticate"] = f'Keystone uri="{self._identity_url}"' if self._api.bearer is None else "Bearer"
        return Response(response.status, response.body, {**extra, **response.headers}, None, response.content_type)

    def _note(self, ctx: Context, call: Call, status: int, error: CupolaError | None) -> None:
        try:
            ledger.record_end(ctx, call, status, error.noted if error else None)
        except Exception:  # the answer stands, whether or not the ledger could be written
            log.exception("the ledger missed the end of request %s", ctx.request_id)

    def _log(self, ctx: Context, raw: falcon.Request, status: int, began: float) -> None:
        seconds = time.monotonic() - began
        method, route = (ctx.call.method, ctx.call.route) if ctx.call else ("-", "-")
        REQUESTS.labels(self._api.service, method, route, status).observe(seconds)
        access.info(
            "%s %s %d",
            raw.method,
            raw.path,
            status,
            extra={
                "request_id": ctx.request_id,
                "service": self._api.service,
                "user_id": ctx.user_id,
                "project_id": ctx.project_id,
                "milliseconds": round(seconds * 1000, 1),
            },
        )

    def _write(self, answer: falcon.Response, response: Response, ctx: Context, raw: falcon.Request) -> None:
        answer.status = response.status
        version = _microversion(raw)
        if self._api.microversions is not None and version is not None:
            answer.set_headers(self._api.microversions.headers(version))
        given = {**self._api.headers, **response.headers}
        answer.set_headers({name: _header(value) for name, value in given.items()})
        answer.set_header("x-openstack-request-id", ctx.request_id)
        if self._api.service == "compute":
            answer.set_header("x-compute-request-id", ctx.request_id)
        if response.stream is not None:
            answer.content_type = response.content_type
            answer.stream = response.stream
        elif response.body is not None:
            answer.content_type = response.content_type
            answer.data = response.body if isinstance(response.body, bytes) else orjson.dumps(response.body)
        else:
            answer.data = b""
            if response.status not in (204, 304):
                answer.content_type = response.content_type


def unexpected(error: Exception, request_id: str) -> InternalError:
    """What the user hears of an error that should not be: what it was is for the log."""
    log.error("request %s failed", request_id, exc_info=error, extra={"request_id": request_id})
    return InternalError(
        f"Unexpected API Error. The log has the cause under request id {request_id}. ({type(error).__name__})"
    )


def _header(value: str) -> str:
    """A value may come from a user's data; it neither ends a header nor breaks the answer."""
    return value.replace("\r", "").replace("\n", "").encode("latin-1", "replace").decode("latin-1")


def _bearer(raw: falcon.Request) -> str:
    """The credential of `Authorization: Bearer …`; empty if there is none."""
    scheme, _, credential = (raw.get_header("Authorization") or "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _microversion(raw: falcon.Request) -> Version | None:
    """The version that was negotiated; None of a request that was refused before."""
    found: Version | None = getattr(raw.context, "microversion", None)
    return found
