"""What was done to a server: /v2.1/servers/{server_id}/os-instance-actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.base.operations.history import PastStep
from cupola.compute.api.listing import limit_of, moment
from cupola.compute.api.schemas.parameters import ANY_TEXT, PAGING, query
from cupola.compute.api.views.links import next_link
from cupola.compute.errors import BadRequest
from cupola.compute.logic import actions
from cupola.compute.logic.actions import EVENTS, Action, Window
from cupola.compute.model.server import host_id
from cupola.compute.policies import server_parts as policies

routes = Routes()
PATH = "/v2.1/servers/{server_id}/os-instance-actions"

_V58 = {**PAGING, "changes-since": ANY_TEXT}
LIST = {
    "2.1": query({}, strict=False),
    "2.58": query(_V58, strict=True),
    "2.66": query({**_V58, "changes-before": ANY_TEXT}, strict=True),
}


@routes.get(PATH, rule=policies.ACTIONS_LIST, query=LIST)
def index(request: Request) -> Response:
    """Newest first."""
    found = actions.listed(request.ctx, request["server_id"], _window(request), request.at_least("2.21"))
    shown: dict[str, Any] = {"instanceActions": [_action(request, action) for action in found]}
    if request.at_least("2.58") and found and request.one("limit") is not None and len(found) == limit_of(request):
        path = f"servers/{request['server_id']}/os-instance-actions"
        shown["links"] = next_link(request, path, found[-1].operation.request_id)
    return ok(shown)


def _window(request: Request) -> Window:
    if not request.at_least("2.58"):
        return Window()
    since = moment("changes-since", request.one("changes-since"))
    before = moment("changes-before", request.one("changes-before"))
    if since and before and since > before:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return Window(limit_of(request), request.one("marker"), since, before)


@routes.get(PATH + "/{request_id}", rule=policies.ACTIONS_SHOW)
def show(request: Request) -> Response:
    """One, with its steps for those who may see them."""
    action = actions.show(request.ctx, request["server_id"], request["request_id"], request.at_least("2.21"))
    view = _action(request, action)
    everything = request.ctx.may(policies.ACTIONS_EVENTS, action.server)
    if everything or request.at_least("2.51"):
        view["events"] = [_event(request, action, step, everything) for step in action.steps]
    return ok({"instanceAction": view})


def _action(request: Request, action: Action) -> dict[str, Any]:
    past = action.operation
    view = {
        "action": action.name,
        "instance_uuid": action.server.id,
        "request_id": past.request_id,
        "user_id": past.user_id,
        "project_id": past.project_id,
        "start_time": _text(past.created_at),
        "message": "Error" if past.state in ("undoing", "undone") else None,
    }
    return view | ({"updated_at": _text(past.changed_at)} if request.at_least("2.58") else {})


def _event(request: Request, action: Action, step: PastStep, everything: bool) -> dict[str, Any]:
    result = {"done": "Success", "failed": "Error"}.get(step.state)
    view: dict[str, Any] = {
        "event": EVENTS.get(step.step, step.step) + ("_undo" if step.phase == "undo" else ""),
        "start_time": _text(step.began_at),
        "finish_time": _text(step.ended_at),
        "result": result,
    }
    message = (step.error or {}).get("message")
    if everything:
        view["traceback"] = message
    if request.at_least("2.62"):
        view["hostId"] = host_id(action.server.project_id, step.host)
        if everything:
            view["host"] = step.host
    if request.at_least("2.84") and request.ctx.may(policies.ACTIONS_DETAILS, action.server):
        view["details"] = message
    return view


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%f")
