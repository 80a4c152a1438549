"""Quotas: `/v2.0/quotas`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.network.api.checks import Wrong, integer, number
from cupola.network.api.resource import ANY_BODY, one_given
from cupola.network.errors import HTTPBadRequest, InvalidInput
from cupola.network.logic import quotas as logic

routes = Routes()

_ONE = "/v2.0/quotas/{project_id}"
_OTHERS = {"subnetpool": -1, "rbac_policy": 10, "router_route": 30}
"""Limits that clients expect to see, of things that are not counted."""
_FLAGS = {"force", "check_limit"}
"""What is no limit: whether to set limits below what is used. Without `force`, it is always checked."""


def _wanted(given: Any) -> dict[str, int]:
    if not isinstance(given, dict):
        raise HTTPBadRequest("Object 'quota' contains invalid data")
    limits = {name: value for name, value in given.items() if name not in _FLAGS}
    if unknown := [name for name in limits if name not in logic.RESOURCES]:
        raise HTTPBadRequest(f"Unrecognized attribute(s) '{', '.join(map(str, unknown))}'")
    return {name: _limit(name, value) for name, value in limits.items()}


def _limit(name: str, value: Any) -> int:
    """Raises InvalidInput for what is no number: an error of its own in this API."""
    try:
        found = integer(value)
    except Wrong as error:
        raise InvalidInput(str(error)) from error
    try:
        limit: int = number(-1)(found)
    except Wrong as error:
        raise HTTPBadRequest(f"Invalid input for {name}. Reason: {error}.") from error
    return limit


def _shown(limits: Mapping[str, int]) -> dict[str, Any]:
    return {"quota": {**_OTHERS, **limits}}


@routes.get("/v2.0/quotas", rule="get_quota")
def index(request: Request) -> Response:
    found = logic.listed(request.ctx)
    return ok({"quotas": [{**_OTHERS, **limits, "project_id": each, "tenant_id": each} for each, limits in found]})


@routes.get(_ONE, rule="get_quota")
def show(request: Request) -> Response:
    return ok(_shown(logic.show(request.ctx, request["project_id"])))


@routes.get(_ONE + "/default", rule="get_quota")
def default(request: Request) -> Response:
    return ok(_shown(logic.defaults(request.ctx, request["project_id"])))


@routes.get(_ONE + "/details.json", rule="get_quota")
@routes.get(_ONE + "/details", rule="get_quota")
def details(request: Request) -> Response:
    others = {name: {"limit": limit, "used": 0, "reserved": 0} for name, limit in _OTHERS.items()}
    return ok({"quota": {**others, **logic.details(request.ctx, request["project_id"])}})


@routes.put(_ONE, rule="update_quota", body=ANY_BODY)
def update(request: Request) -> Response:
    given = one_given(request.body, "quota")
    wanted = _wanted(given)
    return ok(_shown(logic.update(request.ctx, request["project_id"], wanted, force=given.get("force") is True)))


@routes.delete(_ONE, rule="delete_quota")
def delete(request: Request) -> Response:
    logic.delete(request.ctx, request["project_id"])
    return no_content()
