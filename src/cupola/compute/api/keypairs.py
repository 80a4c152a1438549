"""Key pairs: `/os-keypairs`."""

from __future__ import annotations

from cupola.base.db.paging import Page
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.paging import next_page, page_of
from cupola.compute.api.schemas import keypairs as schemas
from cupola.compute.api.views import keypairs as views
from cupola.compute.logic import keypairs
from cupola.compute.model.keypair import SSH
from cupola.compute.policies import keypairs as policies

routes = Routes()
KEYPAIRS = "/v2.1/os-keypairs"
KEYPAIR = KEYPAIRS + "/{keypair_name}"


def _user(request: Request) -> str:
    """Whose key pairs: the caller's, or those of the user that an administrator names."""
    values = request.query.get("user_id") if request.at_least("2.10") else None
    return values[0] if values else request.ctx.user_id or ""


@routes.get(KEYPAIRS, rule=policies.INDEX, query=schemas.LIST)
def index(request: Request) -> Response:
    paged = request.at_least("2.35")
    page = page_of(request) if paged else Page()
    found = keypairs.listed(request.ctx, _user(request), page)
    shown = {"keypairs": [{"keypair": views.listed(request, keypair)} for keypair in found]}
    full = paged and len(found) == page.limit
    return ok(shown | next_page(request, "os-keypairs", found[-1].name if found else None, full))


@routes.post(KEYPAIRS, rule=policies.CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    given = request.body["keypair"]
    user_id: str = given.get("user_id") or request.ctx.user_id or ""
    type_, private_key = given.get("type", SSH), None
    if "public_key" in given:
        keypair = keypairs.import_key(request.ctx, user_id, given["name"], type_, given["public_key"])
    else:
        keypair, private_key = keypairs.generate(request.ctx, user_id, given["name"], type_)
    shown = {"keypair": views.created(request, keypair, private_key)}
    return Response(201 if request.at_least("2.2") else 200, shown)


@routes.get(KEYPAIR, rule=policies.SHOW, query=schemas.ONE)
def show(request: Request) -> Response:
    return ok({"keypair": views.full(request, keypairs.find(request.ctx, _user(request), request["keypair_name"]))})


@routes.delete(KEYPAIR, rule=policies.DELETE, query=schemas.ONE)
def delete(request: Request) -> Response:
    keypairs.delete(request.ctx, _user(request), request["keypair_name"])
    return Response(204 if request.at_least("2.2") else 202)
