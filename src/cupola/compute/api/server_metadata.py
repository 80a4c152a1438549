"""Metadata of a server: /v2.1/servers/{server_id}/metadata."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas.fields import METADATA, obj
from cupola.compute.errors import BadRequest, ItemNotFound
from cupola.compute.logic import labels
from cupola.compute.logic.servers import get
from cupola.compute.policies import server_parts as policies

routes = Routes()
PATH = "/v2.1/servers/{server_id}/metadata"
ALL = obj({"metadata": METADATA}, "metadata")
ONE = obj({"meta": METADATA | {"minProperties": 1, "maxProperties": 1}}, "meta")


@routes.get(PATH, rule=policies.METADATA_LIST)
def index(request: Request) -> Response:
    return ok({"metadata": dict(get(request.ctx, policies.METADATA_LIST, request["server_id"]).metadata)})


@routes.post(PATH, rule=policies.METADATA_CREATE, body=ALL)
def create(request: Request) -> Response:
    """Add items, and change those that are there."""
    items = request.body["metadata"]
    merged = labels.merge_metadata(request.ctx, policies.METADATA_CREATE, request["server_id"], items)
    return ok({"metadata": merged})


@routes.put(PATH, rule=policies.METADATA_UPDATE_ALL, body=ALL)
def update_all(request: Request) -> Response:
    """Have these items and no others."""
    return ok({"metadata": labels.replace_metadata(request.ctx, request["server_id"], request.body["metadata"])})


@routes.get(PATH + "/{key}", rule=policies.METADATA_SHOW)
def show(request: Request) -> Response:
    metadata = get(request.ctx, policies.METADATA_SHOW, request["server_id"]).metadata
    if request["key"] not in metadata:
        raise ItemNotFound("Metadata item was not found")
    return ok({"meta": {request["key"]: metadata[request["key"]]}})


@routes.put(PATH + "/{key}", rule=policies.METADATA_UPDATE, body=ONE)
def update(request: Request) -> Response:
    """Add one item, or change it."""
    item = request.body["meta"]
    get(request.ctx, policies.METADATA_UPDATE, request["server_id"])
    if request["key"] not in item:
        raise BadRequest("Request body and URI mismatch")
    labels.merge_metadata(request.ctx, policies.METADATA_UPDATE, request["server_id"], item)
    return ok({"meta": item})


@routes.delete(PATH + "/{key}", rule=policies.METADATA_DELETE)
def delete(request: Request) -> Response:
    labels.delete_metadata(request.ctx, request["server_id"], request["key"])
    return no_content()
