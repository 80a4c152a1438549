"""What the service offers: /v2/schemas, /v2/info."""

from __future__ import annotations

from cupola.base.errors import NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.image.api.schemas.collections import IMAGES, MEMBER, MEMBERS
from cupola.image.api.schemas.image import IMAGE
from cupola.image.api.views.images import IMPORT_METHODS, STORE
from cupola.image.logic import usage
from cupola.image.policies import discovery as policies
from cupola.image.settings import ImageSettings

_SCHEMAS = {"image": IMAGE, "images": IMAGES, "member": MEMBER, "members": MEMBERS}


def routes(settings: ImageSettings) -> Routes:
    """The routes, over the store that the settings name."""
    made = Routes()

    @made.get("/v2/schemas/{name}", rule=policies.DISCOVER)
    def schema(request: Request) -> Response:
        request.ctx.authorize(policies.DISCOVER)
        if request["name"] not in _SCHEMAS:
            raise NotFound("The resource could not be found.")
        return ok(_SCHEMAS[request["name"]])

    @made.get("/v2/info/import", rule=policies.DISCOVER)
    def import_methods(request: Request) -> Response:
        request.ctx.authorize(policies.DISCOVER)
        methods = {"description": "Import methods available.", "type": "array", "value": list(IMPORT_METHODS)}
        return ok({"import-methods": methods})

    @made.get("/v2/info/stores", rule=policies.DISCOVER)
    def stores(request: Request) -> Response:
        request.ctx.authorize(policies.DISCOVER)
        return ok({"stores": [{"id": STORE, "default": "true"}]})

    @made.get("/v2/info/stores/detail", rule=policies.STORES_DETAIL)
    def stores_detail(request: Request) -> Response:
        request.ctx.authorize(policies.STORES_DETAIL)
        properties = {"data_dir": str(settings.directory), "chunk_size": 65536, "thin_provisioning": False}
        store = {"id": STORE, "default": "true", "type": "file", "weight": 0, "properties": properties}
        return ok({"stores": [store]})

    @made.get("/v2/info/usage", rule=policies.DISCOVER)
    def used(request: Request) -> Response:
        return ok({"usage": usage.of_caller(request.ctx)})

    return made
