"""`/v3/groups`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import groups as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import groups
from cupola.identity.policies import groups as policy

PATH = "/v3/groups"
ONE = "/v3/groups/{group_id}"
MEMBER = f"{ONE}/users/{{user_id}}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST)
def find(request: Request) -> Response:
    found = groups.find(request.ctx, wanted(request, ("name", "domain_id")))
    return collection(request, "groups", [views.group(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    return created({"group": views.group(request, groups.create(request.ctx, request.body["group"]))})


@routes.get(ONE, rule=policy.GET)
def show(request: Request) -> Response:
    return ok({"group": views.group(request, groups.show(request.ctx, request["group_id"]))})


@routes.patch(ONE, rule=policy.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    return ok({"group": views.group(request, groups.update(request.ctx, request["group_id"], request.body["group"]))})


@routes.delete(ONE, rule=policy.DELETE)
def delete(request: Request) -> Response:
    groups.delete(request.ctx, request["group_id"])
    return no_content()


@routes.get(f"{ONE}/users", rule=policy.LIST_USERS)
def users(request: Request) -> Response:
    page = wanted(request, ("name", "domain_id"), ("enabled",))
    found = groups.users_of(request.ctx, request["group_id"], page)
    return collection(request, "users", [views.user(request, one) for one in found.rows], found.more)


@routes.get(MEMBER, rule=policy.CHECK_USER, success=204)
def check(request: Request) -> Response:
    groups.check(request.ctx, request["group_id"], request["user_id"])
    return no_content()


@routes.put(MEMBER, rule=policy.ADD_USER, success=204)
def join(request: Request) -> Response:
    groups.join(request.ctx, request["group_id"], request["user_id"])
    return no_content()


@routes.delete(MEMBER, rule=policy.REMOVE_USER)
def leave(request: Request) -> Response:
    groups.leave(request.ctx, request["group_id"], request["user_id"])
    return no_content()
