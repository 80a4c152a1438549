"""Compute's services: `/os-services`. Before 2.53 they go by host and binary, from then on by id."""

from __future__ import annotations

from typing import Any

from cupola.base.errors import BadInput, NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.base.ids import is_uuid
from cupola.compute.api.schemas import services as schemas
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.logic import services
from cupola.compute.model.service import ServiceState
from cupola.compute.policies import hosts as policies

routes = Routes()
SERVICES, SERVICE = "/v2.1/os-services", "/v2.1/os-services/{service_id}"
OLD_MOMENT = "%Y-%m-%dT%H:%M:%S.000000"


def view(request: Request, state: ServiceState) -> dict[str, Any]:
    service = state.service
    shown = {
        "binary": service.binary,
        "host": service.host,
        "id": service.id if request.at_least("2.53") else service.number,
        "zone": state.zone,
        "status": "disabled" if service.disabled else "enabled",
        "state": "up" if state.alive else "down",
        "updated_at": state.seen_at.strftime(OLD_MOMENT) if state.seen_at else None,
        "disabled_reason": service.disabled_reason,
    }
    return shown | ({"forced_down": service.forced_down} if request.at_least("2.11") else {})


@routes.get(SERVICES, rule=policies.SERVICE_LIST, query=schemas.LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.SERVICE_LIST)
    host, binary = request.one("host"), request.one("binary")
    found = [
        view(request, state)
        for state in services.listed(request.ctx)
        if (not host or state.service.host == host) and (not binary or state.service.binary == binary)
    ]
    return ok({"services": found})


@routes.put(SERVICE, rule=policies.SERVICE_UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    request.ctx.authorize(policies.SERVICE_UPDATE)
    if not request.at_least("2.53"):
        return _by_action(request, request["service_id"], request.body)
    state = services.update(request.ctx, _uuid(request), **_changes(request.body))
    return ok({"service": view(request, state)})


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.get("status") == "enabled":
        if body.get("disabled_reason"):
            raise BadInput("Specifying 'disabled_reason' with status 'enabled' is invalid.")
        changes = {"disabled": False, "disabled_reason": None}
    elif body.get("status") == "disabled":
        changes = {"disabled": True, "disabled_reason": body.get("disabled_reason")}
    if "forced_down" in body:
        changes["forced_down"] = truth(body["forced_down"])
    if not changes:
        raise BadInput("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    return changes


def _by_action(request: Request, action: str, body: dict[str, Any]) -> Response:
    shown = {"host": body["host"], "binary": body["binary"]}
    changes: dict[str, Any]
    if action == "enable":
        changes, shown["status"] = {"disabled": False, "disabled_reason": None}, "enabled"
    elif action in ("disable", "disable-log-reason"):
        reason = body.get("disabled_reason") if action == "disable-log-reason" else None
        if action == "disable-log-reason" and reason is None:
            raise BadInput("Missing disabled reason field")
        changes, shown["status"] = {"disabled": True, "disabled_reason": reason}, "disabled"
        shown |= {"disabled_reason": reason} if reason else {}
    elif action == "force-down" and request.at_least("2.11"):
        if "forced_down" not in body:
            raise BadInput("Missing forced_down field")
        changes = {"forced_down": truth(body["forced_down"])}
        shown |= changes
    else:
        raise NotFound("Unknown action")
    services.update_on(request.ctx, body["host"], body["binary"], **changes)
    return ok({"service": shown})


@routes.delete(SERVICE, rule=policies.SERVICE_DELETE)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.SERVICE_DELETE)
    if not request.at_least("2.53") and not request["service_id"].isdecimal():
        raise BadInput("id must be an integer")
    services.remove(request.ctx, _uuid(request) if request.at_least("2.53") else request["service_id"])
    return no_content()


def _uuid(request: Request) -> str:
    if not is_uuid(request["service_id"]):
        raise BadInput(f"Invalid uuid {request['service_id']}")
    return request["service_id"]
