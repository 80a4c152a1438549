"""What a server has besides: addresses, security groups, volumes (none yet: there is no block storage to attach)."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas.fields import UUID, Schema
from cupola.compute.api.views.security_groups import security_group
from cupola.compute.api.views.servers import addresses
from cupola.compute.errors import ItemNotFound
from cupola.compute.logic.servers import get, groups, show
from cupola.compute.policies import server_parts as policies

routes = Routes()
SERVER = "/v2.1/servers/{server_id}"
VOLUMES = SERVER + "/os-volume_attachments"
ATTACH: Schema = {
    "type": "object",
    "properties": {
        "volumeAttachment": {"type": "object", "properties": {"volumeId": UUID}, "required": ["volumeId"]},
    },
    "required": ["volumeAttachment"],
    "additionalProperties": False,
}


@routes.get(SERVER + "/ips", rule=policies.IPS_LIST)
def list_addresses(request: Request) -> Response:
    """Addresses by network."""
    details = show(request.ctx, policies.IPS_LIST, request["server_id"])
    return ok({"addresses": addresses(details, brief=True)})


@routes.get(SERVER + "/ips/{network_label}", rule=policies.IPS_SHOW)
def show_addresses(request: Request) -> Response:
    """Those on one network."""
    by_network = addresses(show(request.ctx, policies.IPS_SHOW, request["server_id"]), brief=True)
    label = request["network_label"]
    if label not in by_network:
        raise ItemNotFound("Instance is not a member of specified network")
    return ok({label: by_network[label]})


@routes.get(SERVER + "/os-security-groups", rule=policies.GROUPS_LIST)
def list_security_groups(request: Request) -> Response:
    """The groups of its ports, with their rules."""
    found = groups(request.ctx, policies.GROUPS_LIST, request["server_id"])
    return ok({"security_groups": [security_group(group) for group in found]})


@routes.get(VOLUMES, rule=policies.VOLUMES_LIST)
def list_volumes(request: Request) -> Response:
    """None: servers here have no volumes."""
    get(request.ctx, policies.VOLUMES_LIST, request["server_id"])
    return ok({"volumeAttachments": []})


@routes.get(VOLUMES + "/{volume_id}", rule=policies.VOLUMES_SHOW)
def show_volume(request: Request) -> Response:
    return _no_volume(request, policies.VOLUMES_SHOW, request["volume_id"])


@routes.post(VOLUMES, rule=policies.VOLUMES_CREATE, body=ATTACH)
def attach_volume(request: Request) -> Response:
    return _no_volume(request, policies.VOLUMES_CREATE, request.body["volumeAttachment"]["volumeId"])


@routes.delete(VOLUMES + "/{volume_id}", rule=policies.VOLUMES_DELETE, success=202)
def detach_volume(request: Request) -> Response:
    return _no_volume(request, policies.VOLUMES_DELETE, request["volume_id"])


def _no_volume(request: Request, rule: str, volume_id: str) -> Response:
    get(request.ctx, rule, request["server_id"])
    raise ItemNotFound(f"Volume {volume_id} could not be found.")
