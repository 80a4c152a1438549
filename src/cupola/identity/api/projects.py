"""`/v3/projects`."""

from __future__ import annotations

from typing import Any

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, extra, true, wanted
from cupola.identity.api.schemas import projects as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import project_trees, projects
from cupola.identity.model.project import Project
from cupola.identity.policies import projects as policy

PATH = "/v3/projects"
ONE = "/v3/projects/{project_id}"
BY_TAG = ("tags", "tags-any", "not-tags", "not-tags-any")

routes = Routes()


@routes.get(PATH, rule=policy.LIST, query=schemas.LIST)
def find(request: Request) -> Response:
    tags = {name: (request.one(name) or "").split(",") for name in BY_TAG if name in request.query}
    page = wanted(request, ("name", "domain_id", "parent_id"), ("enabled", "is_domain"))
    found = projects.find(request.ctx, page, tags)
    return collection(request, "projects", [views.project(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    return created({"project": views.project(request, projects.create(request.ctx, request.body["project"]))})


@routes.get(ONE, rule=policy.GET)
def show(request: Request) -> Response:
    found = projects.show(request.ctx, request["project_id"])
    view = views.project(request, found)
    if isinstance(found.project, Project):
        view |= _tree(request, found.project)
    return ok({"project": view})


def _tree(request: Request, project: Project) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in ("parents", "subtree"):
        if true(request, f"{name}_as_list") and true(request, f"{name}_as_ids"):
            raise BadInput(f"Cannot use {name}_as_list and {name}_as_ids query params at the same time.")
    if true(request, "parents_as_list"):
        above = project_trees.parents(request.ctx, project)
        tree["parents"] = [{"project": views.project(request, one)} for one in above]
    if true(request, "parents_as_ids"):
        tree["parents"] = project_trees.parents_as_ids(request.ctx, project)
    if true(request, "subtree_as_list"):
        below = project_trees.subtree(request.ctx, project)
        tree["subtree"] = [{"project": views.project(request, one)} for one in below]
    if true(request, "subtree_as_ids"):
        tree["subtree"] = project_trees.subtree_as_ids(request.ctx, project)
    return tree


@routes.patch(ONE, rule=policy.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    found = projects.update(request.ctx, request["project_id"], request.body["project"])
    return ok({"project": views.project(request, found) | extra(found.project.extra)})


@routes.delete(ONE, rule=policy.DELETE)
def delete(request: Request) -> Response:
    projects.delete(request.ctx, request["project_id"])
    return no_content()
