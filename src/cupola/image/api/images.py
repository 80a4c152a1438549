"""Images: /v2/images."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.image.api import bodies, queries
from cupola.image.api.views import images as views
from cupola.image.errors import NotAPatch
from cupola.image.logic import changes
from cupola.image.logic import images as logic
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings

PATCHES = {
    "application/openstack-images-v2.0-json-patch": True,
    "application/openstack-images-v2.1-json-patch": False,
}
"""Media type of a patch → whether it is of the older form."""


def routes(settings: ImageSettings) -> Routes:
    """The routes, over the store that the settings name."""
    made = Routes()

    @made.post("/v2/images", rule=policies.ADD, success=201, body={})
    def create(request: Request) -> Response:
        image_id, fields, labels = bodies.new_image(request.body)
        described = logic.create(request.ctx, fields, labels, image_id)
        headers = {
            "Location": f"{request.root}/v2/images/{described.image.id}",
            "OpenStack-image-import-methods": ",".join(views.IMPORT_METHODS),
            "OpenStack-image-store-ids": views.STORE,
        }
        return Response(201, views.image(described), headers)

    @made.get("/v2/images", rule=policies.LIST)
    def listed(request: Request) -> Response:
        page = queries.page(request.query, settings)
        found = logic.listed(request.ctx, queries.selection(request.query), page)
        return ok(_page([views.image(one) for one in found], request, page.limit))

    @made.get("/v2/images/{image_id}", rule=policies.GET)
    def show(request: Request) -> Response:
        return ok(views.image(logic.show(request.ctx, request["image_id"])))

    @made.patch("/v2/images/{image_id}", rule=policies.MODIFY, body={})
    def update(request: Request) -> Response:
        media = request.headers.get("CONTENT-TYPE", "").partition(";")[0].strip().lower()
        if media not in PATCHES:
            raise NotAPatch(media, sorted(PATCHES))
        wanted = bodies.changes(request.body, older=PATCHES[media])
        return ok(views.image(changes.update(request.ctx, request["image_id"], wanted)))

    @made.delete("/v2/images/{image_id}", rule=policies.DELETE)
    def delete(request: Request) -> Response:
        logic.delete(request.ctx, settings, request["image_id"])
        return no_content()

    return made


def _page(found: list[dict[str, Any]], request: Request, limit: int | None) -> dict[str, Any]:
    """A list with the way to its first page, and to its next one if it is full."""
    asked = [(name, value) for name, values in request.query.items() for value in values if name != "marker"]
    first = f"/v2/images?{urlencode(asked)}" if asked else "/v2/images"
    body: dict[str, Any] = {"images": found, "first": first, "schema": "/v2/schemas/images"}
    if found and len(found) == limit:
        body["next"] = f"/v2/images?{urlencode([*asked, ('marker', found[-1]['id'])])}"
    return body
