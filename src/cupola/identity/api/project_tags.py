"""`/v3/projects/{project_id}/tags`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.base.http.validation import check as check_schema
from cupola.identity.api.schemas import fields
from cupola.identity.api.schemas import projects as schemas
from cupola.identity.logic import project_tags
from cupola.identity.policies import projects as policy

PATH = "/v3/projects/{project_id}/tags"
ONE = f"{PATH}/{{value}}"

routes = Routes()


def _answer(request: Request, tags: Sequence[str]) -> Response:
    return ok({"links": {"self": f"{request.root}/v3"}, "tags": list(tags)})


@routes.get(PATH, rule=policy.LIST_TAGS)
def show(request: Request) -> Response:
    return _answer(request, project_tags.show(request.ctx, request["project_id"]))


@routes.put(PATH, rule=policy.UPDATE_TAGS, body=schemas.TAGS_OF)
def replace(request: Request) -> Response:
    return _answer(request, project_tags.replace(request.ctx, request["project_id"], request.body["tags"]))


@routes.delete(PATH, rule=policy.DELETE_TAGS)
def clear(request: Request) -> Response:
    project_tags.clear(request.ctx, request["project_id"])
    return no_content()


@routes.get(ONE, rule=policy.GET_TAG, success=204)
def check(request: Request) -> Response:
    project_tags.check(request.ctx, request["project_id"], request["value"])
    return no_content()


@routes.put(ONE, rule=policy.CREATE_TAG, success=201)
def add(request: Request) -> Response:
    check_schema(fields.TAG, request["value"])
    project_tags.add(request.ctx, request["project_id"], request["value"])
    where = f"{request.root}/v3/{request['project_id']}/tags/{quote(request['value'], safe='')}"
    return Response(201, None, {"Location": where}, content_type="text/html; charset=utf-8")


@routes.delete(ONE, rule=policy.DELETE_TAG)
def remove(request: Request) -> Response:
    project_tags.remove(request.ctx, request["project_id"], request["value"])
    return no_content()
