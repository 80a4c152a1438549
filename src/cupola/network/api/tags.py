"""Tags: `/v2.0/{collection}/{id}/tags`, for each collection whose things have them."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.network.api.checks import Wrong, each, tag
from cupola.network.api.resource import ANY_BODY
from cupola.network.errors import InvalidInput
from cupola.network.logic import tags as logic

routes = Routes()


def _given(request: Request) -> list[str]:
    if not isinstance(request.body, dict) or "tags" not in request.body:
        raise InvalidInput("Invalid tags body")
    try:
        found: list[str] = each(tag)(request.body["tags"])
    except Wrong as error:
        raise InvalidInput(str(error)) from error
    return found


def _declare(collection: str, rule: str) -> None:
    all_ = f"/v2.0/{collection}/{{id}}/tags"

    @routes.get(all_, rule=f"get_{rule}:tags")
    def index(request: Request) -> Response:
        return ok({"tags": logic.show(request.ctx, collection, request["id"])})

    @routes.post(all_, rule=f"update_{rule}:tags", body=ANY_BODY)
    def add(request: Request) -> Response:
        """Answers with the new ones, without those that were there already."""
        given = _given(request)
        logic.change(request.ctx, collection, request["id"], given, keep=True)
        return ok({"tags": given})

    @routes.put(all_, rule=f"update_{rule}:tags", body=ANY_BODY)
    def replace(request: Request) -> Response:
        return ok({"tags": logic.change(request.ctx, collection, request["id"], _given(request), keep=False)})

    @routes.delete(all_, rule=f"delete_{rule}:tags")
    def clear(request: Request) -> Response:
        logic.remove(request.ctx, collection, request["id"], None)
        return no_content()

    @routes.get(all_ + "/{tag}", rule=f"get_{rule}:tags", success=204)
    def show(request: Request) -> Response:
        logic.has(request.ctx, collection, request["id"], request["tag"])
        return no_content()

    @routes.put(all_ + "/{tag}", rule=f"update_{rule}:tags", success=201)
    def put(request: Request) -> Response:
        try:
            logic.change(request.ctx, collection, request["id"], [tag(request["tag"])], keep=True)
        except Wrong as error:
            raise InvalidInput(str(error)) from error
        return Response(201)

    @routes.delete(all_ + "/{tag}", rule=f"delete_{rule}:tags")
    def remove(request: Request) -> Response:
        logic.remove(request.ctx, collection, request["id"], request["tag"])
        return no_content()


for _collection in logic.COLLECTIONS:
    _declare(_collection, _collection.removesuffix("s").replace("-", "_"))
