"""Tags of a server: /v2.1/servers/{server_id}/tags, since 2.26."""

from __future__ import annotations

import re
from urllib.parse import quote

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas.fields import TAG, obj
from cupola.compute.errors import BadRequest, ItemNotFound
from cupola.compute.logic.labels import set_tags
from cupola.compute.logic.servers import get
from cupola.compute.policies import server_parts as policies

routes = Routes()
PATH = "/v2.1/servers/{server_id}/tags"
TAGS = obj({"tags": {"type": "array", "items": TAG, "maxItems": 50}}, "tags")


def _not_there(request: Request) -> ItemNotFound:
    return ItemNotFound(f"Server {request['server_id']} has no tag '{request['tag']}'")


@routes.get(PATH, rule=policies.TAGS_LIST, since="2.26")
def index(request: Request) -> Response:
    return ok({"tags": sorted(get(request.ctx, policies.TAGS_LIST, request["server_id"]).tags)})


@routes.put(PATH, rule=policies.TAGS_UPDATE_ALL, since="2.26", body=TAGS)
def update_all(request: Request) -> Response:
    """Have these tags and no others."""
    wanted = request.body["tags"]
    _, after = set_tags(request.ctx, policies.TAGS_UPDATE_ALL, request["server_id"], lambda tags: wanted)
    return ok({"tags": sorted(after)})


@routes.delete(PATH, rule=policies.TAGS_DELETE_ALL, since="2.26")
def delete_all(request: Request) -> Response:
    set_tags(request.ctx, policies.TAGS_DELETE_ALL, request["server_id"], lambda tags: ())
    return no_content()


@routes.get(PATH + "/{tag}", rule=policies.TAGS_SHOW, since="2.26", success=204)
def show(request: Request) -> Response:
    """204 if the server has it."""
    if request["tag"] not in get(request.ctx, policies.TAGS_SHOW, request["server_id"]).tags:
        raise _not_there(request)
    return no_content()


@routes.put(PATH + "/{tag}", rule=policies.TAGS_UPDATE, since="2.26", success=201)
def update(request: Request) -> Response:
    """201 with its place when it is new, 204 when the server had it."""
    tag = request["tag"]
    if not re.fullmatch(r"[^,/]{1,60}", tag):
        raise BadRequest(f"Tag '{tag}' is invalid. It must be a string of 1 to 60 characters without '/' and ','.")
    before, _ = set_tags(request.ctx, policies.TAGS_UPDATE, request["server_id"], lambda tags: [*tags, tag])
    if tag in before:
        return no_content()
    where = f"{request.root}/v2.1/servers/{request['server_id']}/tags/{quote(tag)}"
    return Response(201, None, {"Location": where})


@routes.delete(PATH + "/{tag}", rule=policies.TAGS_DELETE, since="2.26")
def delete(request: Request) -> Response:
    """Raises ItemNotFound when the server does not have it."""
    before, after = set_tags(
        request.ctx,
        policies.TAGS_DELETE,
        request["server_id"],
        lambda tags: [tag for tag in tags if tag != request["tag"]],
    )
    if before == after:
        raise _not_there(request)
    return no_content()
