"""A toy API with every kind of route, served without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from falcon import testing

from cupola.base import ledger
from cupola.base.bus.memory import MemoryBus
from cupola.base.context import Caller, Cloud, Context
from cupola.base.db.types import metadata
from cupola.base.errors import NotFound, Unauthenticated
from cupola.base.http import faults
from cupola.base.http.api import Api
from cupola.base.http.application import application
from cupola.base.http.microversions import Microversions
from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.base.ids import SeededIds
from cupola.base.ledger.tables import requests, transitions
from cupola.base.operations import Engine, Outbox
from cupola.base.policy import Enforcer, Rule
from cupola.base.runtime import Wakeups

TOY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "size": {"type": "integer"},
        "secret": {"type": "string", "minLength": 8},
        "extra": {"type": "object"},
    },
    "required": ["name"],
    "additionalProperties": False,
}
QUERY = {
    "type": "object",
    "properties": {"limit": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+$"}}},
    "additionalProperties": True,
}
SECRET = "swordfish"
"""Stands in places that nobody is to see."""


def toys() -> Routes:
    routes = Routes()

    @routes.get("/", rule=None)
    def versions(request: Request) -> Response:
        return ok({"links": f"{request.root}/v1/", "user": request.ctx.user_id})

    @routes.get("/v1/toys", rule="toys", query=QUERY)
    def listed(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"query": {name: list(values) for name, values in request.query.items()}})

    @routes.post("/v1/toys", rule="toys", success=201, body=TOY)
    def create(request: Request) -> Response:
        request.ctx.authorize("toys")

        def body(tx: Any) -> None:
            ledger.transition(tx, request.ctx, "toy", "t1", None, request.body)

        request.ctx.transact("toy.create", body)
        return created(request.body, Location=f"{request.root}/v1/toys/t1")

    @routes.get("/v1/toys/{toy_id}", rule="toys")
    def show(request: Request) -> Response:
        request.ctx.authorize("toys")
        if request["toy_id"] not in ("t1", "älteres"):
            raise NotFound(f"Toy {request['toy_id']} could not be found.")
        return ok({"id": request["toy_id"], "version": request.microversion})

    @routes.delete("/v1/toys/{toy_id}", rule="toys")
    def delete(request: Request) -> Response:
        request.ctx.authorize("admins")
        return no_content()

    @routes.put("/v1/toys/{toy_id}/file", rule="toys", streams=True)
    def upload(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"size": sum(len(piece) for piece in request.chunks(1000))})

    @routes.get("/v1/toys/{toy_id}/file", rule="toys")
    def download(request: Request) -> Response:
        request.ctx.authorize("toys")
        return Response(200, stream=iter([b"ab", b"cd"]), content_type="application/octet-stream")

    @routes.action("/v1/toys/{toy_id}/action", "play", rule="toys", body={"type": "object"})
    def play(request: Request) -> Response:
        request.ctx.authorize("toys")
        return accepted()

    @routes.action("/v1/toys/{toy_id}/action", "paint", rule="toys", since="1.5", success=200)
    def paint(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"colour": request.body["paint"]})

    @routes.get("/v1/newer", rule="toys", since="1.2", until="1.4")
    def newer(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"newer": request.at_least("1.3")})

    @routes.get("/v1/header", rule="toys")
    def header(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({}, X_Toy=str(request.one("value")))

    @routes.get("/v1/mixed", rule=None, until="1.1")
    def mixed_public(request: Request) -> Response:
        return ok({"user": request.ctx.user_id})

    @routes.get("/v1/mixed", rule="toys", since="1.2")
    def mixed(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"user": request.ctx.user_id})

    mistakes(routes)
    return routes


def mistakes(routes: Routes) -> None:
    """What careless programmers write."""

    @routes.get("/v1/careless", rule="toys")
    def careless(request: Request) -> Response:
        return ok({"secret": SECRET})

    @routes.get("/v1/broken", rule="toys")
    def broken(request: Request) -> Response:
        raise LookupError(f"the password is {SECRET}")

    @routes.get("/v1/unspeakable", rule="toys")
    def unspeakable(request: Request) -> Response:
        request.ctx.authorize("toys")
        return ok({"not": object()})

    @routes.post("/v1/half", rule="toys", success=201)
    def half(request: Request) -> Response:
        """Changes something, and fails then."""
        request.ctx.authorize("toys")
        request.ctx.transact("half", lambda tx: ledger.transition(tx, request.ctx, "toy", "t1", None, {}))
        raise LookupError(SECRET)


def authenticate(ctx: Context, token: str) -> Caller:
    if token not in ("member", "admin"):
        raise Unauthenticated("The request you have made requires authentication.")
    return Caller(user_id=f"u-{token}", user_name=token, project_id="p1", roles=(token,))


RULES = (
    Rule("toys", "role:member or role:admin", "Play with toys."),
    Rule("admins", "role:admin", "Take toys away."),
)
MICROVERSIONS = Microversions("toy", (1, 1), (1, 9), "X-Toy-API-Version")


class Toys:
    """The toy cloud: its WSGI application, a client, and what the ledger has."""

    def __init__(self, ctx: Context, **options: Any) -> None:
        options = {"service": "toy", "root": "/toy", "faults": faults.error_object, **options}
        self.api = Api(routes=toys().declared, microversions=MICROVERSIONS, body_limit=2000, **options)
        db, clock, wakeups = ctx.cloud.db, ctx.cloud.clock, Wakeups()
        metadata.create_all(db.engine, [requests, transitions])
        engine = Engine([], Outbox(MemoryBus(wakeups), clock), wakeups, "c1")
        self.cloud = Cloud(db, clock, SeededIds(3), Enforcer(RULES), engine, clock.pause)
        self.app = application(self.cloud, [self.api], authenticate, "http://identity.test")
        self.client = testing.TestClient(self.app)
        self._ctx = ctx

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        token: str | None = "member",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        given = {"Content-Type": "application/json"} if body is not None else {}
        given |= {"X-Auth-Token": token} if token else {}
        return self.client.simulate_request(
            method, f"/toy{path}", body=body, headers=given | dict(headers or {}), **options
        )

    def noted(self) -> list[dict[str, Any]]:
        return self._ctx.read("noted", lambda tx: tx.all(requests.select()))


@pytest.fixture
def make_toys(file_ctx: Context) -> Callable[..., Toys]:
    return lambda **options: Toys(file_ctx, **options)


@pytest.fixture
def toy_cloud(make_toys: Callable[..., Toys]) -> Toys:
    return make_toys()
