"""`/v3/users`."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Route, Routes
from cupola.identity.api.collections import collection, extra, wanted
from cupola.identity.api.schemas import users as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import groups, users
from cupola.identity.logic.identity import Identity
from cupola.identity.logic.projects import Found
from cupola.identity.policies import users as policy

PATH = "/v3/users"
ONE = "/v3/users/{user_id}"


def routes(identity: Identity) -> Sequence[Route]:
    declared = Routes()

    @declared.post(PATH, rule=policy.CREATE, body=schemas.CREATE, success=201)
    def create(request: Request) -> Response:
        return created({"user": views.user(request, users.create(identity, request.ctx, request.body["user"]))})

    @declared.patch(ONE, rule=policy.UPDATE, body=schemas.UPDATE)
    def update(request: Request) -> Response:
        user = users.update(identity, request.ctx, request["user_id"], request.body["user"])
        return ok({"user": views.user(request, user) | extra(user.extra)})

    @declared.post(f"{ONE}/password", rule=None, body=schemas.PASSWORD, success=204)
    def change_password(request: Request) -> Response:
        given = request.body["user"]
        own, new = given["original_password"], given["password"]
        users.change_password(identity, request.ctx, request["user_id"], own, new)
        return no_content()

    declared.get(PATH, rule=policy.LIST, query=schemas.LIST)(_find)
    declared.get(ONE, rule=policy.GET)(_show)
    declared.delete(ONE, rule=policy.DELETE)(_delete)
    declared.get(f"{ONE}/projects", rule=policy.LIST_PROJECTS)(_projects)
    declared.get(f"{ONE}/groups", rule=policy.LIST_GROUPS)(_groups)
    return declared.declared


def _find(request: Request) -> Response:
    found = users.find(request.ctx, wanted(request, ("name", "domain_id"), ("enabled",)))
    return collection(request, "users", [views.user(request, user) for user in found.rows], found.more)


def _show(request: Request) -> Response:
    return ok({"user": views.user(request, users.show(request.ctx, request["user_id"]))})


def _delete(request: Request) -> Response:
    users.delete(request.ctx, request["user_id"])
    return no_content()


def _projects(request: Request) -> Response:
    page = wanted(request, ("name", "domain_id"), ("enabled",))
    found, tags = users.projects_of(request.ctx, request["user_id"], page)
    shown = [views.project(request, Found(project, tags.get(project.id, ()))) for project in found.rows]
    return collection(request, "projects", shown, found.more)


def _groups(request: Request) -> Response:
    found = groups.groups_of(request.ctx, request["user_id"], wanted(request, ("name",)))
    shown = [views.group(request, group) | {"membership_expires_at": None} for group in found.rows]
    return collection(request, "groups", shown, found.more)
