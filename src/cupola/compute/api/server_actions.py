"""Actions on servers: POST /v2.1/servers/{server_id}/action."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas import server_actions as schemas
from cupola.compute.logic import console, delete_servers, locking, power, security_groups
from cupola.compute.logic.lookup import require_state
from cupola.compute.logic.servers import get
from cupola.compute.policies import server_actions as policies

routes = Routes()
PATH = "/v2.1/servers/{server_id}/action"


@routes.action(PATH, "os-start", rule=policies.START, body=schemas.bare("os-start"))
def start(request: Request) -> Response:
    power.start(request.ctx, request["server_id"])
    return accepted()


@routes.action(PATH, "os-stop", rule=policies.STOP, body=schemas.bare("os-stop"))
def stop(request: Request) -> Response:
    power.stop(request.ctx, request["server_id"])
    return accepted()


@routes.action(PATH, "reboot", rule=policies.REBOOT, body=schemas.REBOOT)
def reboot(request: Request) -> Response:
    power.reboot(request.ctx, request["server_id"], hard=request.body["reboot"]["type"].upper() == "HARD")
    return accepted()


@routes.action(PATH, "lock", rule=policies.LOCK, body=schemas.LOCK)
def lock(request: Request) -> Response:
    reason = (request.body["lock"] or {}).get("locked_reason") if request.at_least("2.73") else None
    locking.lock(request.ctx, request["server_id"], reason)
    return accepted()


@routes.action(PATH, "unlock", rule=policies.UNLOCK, body=schemas.bare("unlock"))
def unlock(request: Request) -> Response:
    locking.unlock(request.ctx, request["server_id"])
    return accepted()


@routes.action(PATH, "os-resetState", rule=policies.RESET_STATE, body=schemas.RESET_STATE)
def reset_state(request: Request) -> Response:
    locking.reset_state(request.ctx, request["server_id"], request.body["os-resetState"]["state"])
    return accepted()


@routes.action(PATH, "forceDelete", rule=policies.FORCE_DELETE, body=schemas.bare("forceDelete"))
def force_delete(request: Request) -> Response:
    delete_servers.delete(request.ctx, policies.FORCE_DELETE, request["server_id"])
    return accepted()


@routes.action(PATH, "os-getConsoleOutput", rule=policies.CONSOLE_OUTPUT, body=schemas.CONSOLE_OUTPUT, success=200)
def console_output(request: Request) -> Response:
    asked = request.body["os-getConsoleOutput"].get("length")
    lines = None if asked is None or int(asked) < 0 else int(asked)
    return ok({"output": console.output(request.ctx, request["server_id"], lines)})


@routes.action(
    PATH, "addSecurityGroup", rule=policies.ADD_SECURITY_GROUP, body=schemas.security_group("addSecurityGroup")
)
def add_security_group(request: Request) -> Response:
    security_groups.add(request.ctx, request["server_id"], request.body["addSecurityGroup"]["name"])
    return accepted()


@routes.action(
    PATH,
    "removeSecurityGroup",
    rule=policies.REMOVE_SECURITY_GROUP,
    body=schemas.security_group("removeSecurityGroup"),
)
def remove_security_group(request: Request) -> Response:
    security_groups.remove(request.ctx, request["server_id"], request.body["removeSecurityGroup"]["name"])
    return accepted()


@routes.action(PATH, "confirmResize", rule=policies.CONFIRM_RESIZE, body=schemas.bare("confirmResize"), success=204)
def confirm_resize(request: Request) -> Response:
    """Refused: no server here has ever been resized."""
    return _unresized(request, policies.CONFIRM_RESIZE, "confirmResize")


@routes.action(PATH, "revertResize", rule=policies.REVERT_RESIZE, body=schemas.bare("revertResize"))
def revert_resize(request: Request) -> Response:
    """Refused likewise."""
    return _unresized(request, policies.REVERT_RESIZE, "revertResize")


def _unresized(request: Request, rule: str, action: str) -> Response:
    require_state(get(request.ctx, rule, request["server_id"]), action)
    raise AssertionError("no server is ever in the state 'resized'")
