"""Ports of a server: /v2.1/servers/{server_id}/os-interface."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas.fields import IP, TAG, UUID, Schema, obj
from cupola.compute.errors import BadRequest
from cupola.compute.logic import interfaces
from cupola.compute.policies import server_parts as policies
from cupola.network.interface import ServerPort, WantedPort

routes = Routes()
PATH = "/v2.1/servers/{server_id}/os-interface"

_FIXED_IPS: Schema = {"type": "array", "minItems": 1, "maxItems": 1, "items": obj({"ip_address": IP}, "ip_address")}
_V1: Schema = {"net_id": UUID, "port_id": UUID, "fixed_ips": _FIXED_IPS}
ATTACH = {
    "2.1": obj({"interfaceAttachment": obj(_V1)}),
    "2.49": obj({"interfaceAttachment": obj(_V1 | {"tag": TAG})}),
}


@routes.get(PATH, rule=policies.INTERFACES_LIST)
def index(request: Request) -> Response:
    found = interfaces.listed(request.ctx, request["server_id"])
    return ok({"interfaceAttachments": [_view(request, port, tag) for port, tag in found]})


@routes.get(PATH + "/{port_id}", rule=policies.INTERFACES_SHOW)
def show(request: Request) -> Response:
    port, tag = interfaces.show(request.ctx, policies.INTERFACES_SHOW, request["server_id"], request["port_id"])
    return ok({"interfaceAttachment": _view(request, port, tag)})


@routes.post(PATH, rule=policies.INTERFACES_CREATE, body=ATTACH)
def create(request: Request) -> Response:
    """Attach a port, or a network; the port is DOWN until the host has plugged it in."""
    asked: dict[str, Any] = request.body.get("interfaceAttachment", {})
    network_id, port_id = asked.get("net_id"), asked.get("port_id")
    address = asked["fixed_ips"][0]["ip_address"] if "fixed_ips" in asked else None
    if network_id and port_id:
        raise BadRequest("Must not input both network_id and port_id")
    if address and not network_id:
        raise BadRequest("Must input network_id when request IP address")
    wanted = WantedPort(network_id, port_id, address, asked.get("tag")) if network_id or port_id else None
    made = interfaces.attach(request.ctx, request["server_id"], wanted)
    port, _ = interfaces.show(request.ctx, policies.INTERFACES_CREATE, request["server_id"], made)
    return ok({"interfaceAttachment": _view(request, port, asked.get("tag"))})


@routes.delete(PATH + "/{port_id}", rule=policies.INTERFACES_DELETE, success=202)
def delete(request: Request) -> Response:
    interfaces.detach(request.ctx, request["server_id"], request["port_id"])
    return accepted()


def _view(request: Request, port: ServerPort, tag: str | None) -> dict[str, Any]:
    fixed = [{"subnet_id": one.subnet_id, "ip_address": one.ip_address} for one in port.fixed_ips]
    view = {
        "net_id": port.network_id,
        "port_id": port.port_id,
        "mac_addr": port.mac,
        "port_state": port.status,
        "fixed_ips": fixed,
    }
    return view | ({"tag": tag} if request.at_least("2.70") else {})
