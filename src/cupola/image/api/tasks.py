"""Tasks: /v2/tasks. An import is done when it is answered, so there never are any."""

from __future__ import annotations

from cupola.base.errors import NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.image.logic import images
from cupola.image.policies import discovery as policies
from cupola.image.policies import images as image_policies

routes = Routes()


@routes.get("/v2/tasks", rule=policies.TASKS)
def listed(request: Request) -> Response:
    request.ctx.authorize(policies.TASKS)
    return ok({"tasks": [], "first": "/v2/tasks", "schema": "/v2/schemas/tasks"})


@routes.get("/v2/tasks/{task_id}", rule=policies.TASKS)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.TASKS)
    raise NotFound(f"No task found with ID {request['task_id']}")


@routes.get("/v2/images/{image_id}/tasks", rule=image_policies.GET)
def of_image(request: Request) -> Response:
    images.show(request.ctx, request["image_id"])
    return ok({"tasks": []})
