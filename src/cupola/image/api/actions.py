"""Tags and actions: /v2/images/{image_id}/tags, /v2/images/{image_id}/actions."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.image.errors import NotWhatSchemaSays
from cupola.image.logic import changes
from cupola.image.policies import images as policies

LONGEST_TAG = 255
routes = Routes()


@routes.put("/v2/images/{image_id}/tags/{tag}", rule=policies.MODIFY, success=204)
def add_tag(request: Request) -> Response:
    if len(request["tag"]) > LONGEST_TAG:
        raise NotWhatSchemaSays(f"the tag is longer than {LONGEST_TAG} characters")
    changes.add_tag(request.ctx, request["image_id"], request["tag"])
    return no_content()


@routes.delete("/v2/images/{image_id}/tags/{tag}", rule=policies.MODIFY)
def remove_tag(request: Request) -> Response:
    changes.remove_tag(request.ctx, request["image_id"], request["tag"])
    return no_content()


@routes.post("/v2/images/{image_id}/actions/deactivate", rule=policies.DEACTIVATE, success=204)
def deactivate(request: Request) -> Response:
    changes.deactivate(request.ctx, request["image_id"])
    return no_content()


@routes.post("/v2/images/{image_id}/actions/reactivate", rule=policies.REACTIVATE, success=204)
def reactivate(request: Request) -> Response:
    changes.reactivate(request.ctx, request["image_id"])
    return no_content()
