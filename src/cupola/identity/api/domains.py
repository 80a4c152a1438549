"""`/v3/domains`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import collection, wanted
from cupola.identity.api.schemas import domains as schemas
from cupola.identity.api.views import resources as views
from cupola.identity.logic import domains
from cupola.identity.policies import domains as policy

PATH = "/v3/domains"
ONE = "/v3/domains/{domain_id}"

routes = Routes()


@routes.get(PATH, rule=policy.LIST, query=schemas.LIST)
def find(request: Request) -> Response:
    found = domains.find(request.ctx, wanted(request, ("name", "id"), ("enabled",)))
    return collection(request, "domains", [views.domain(request, one) for one in found.rows], found.more)


@routes.post(PATH, rule=policy.CREATE, body=schemas.CREATE, success=201)
def create(request: Request) -> Response:
    return created({"domain": views.domain(request, domains.create(request.ctx, request.body["domain"]))})


@routes.get(ONE, rule=policy.GET)
def show(request: Request) -> Response:
    return ok({"domain": views.domain(request, domains.show(request.ctx, request["domain_id"]))})


@routes.patch(ONE, rule=policy.UPDATE, body=schemas.UPDATE)
def update(request: Request) -> Response:
    changed = domains.update(request.ctx, request["domain_id"], request.body["domain"])
    return ok({"domain": views.domain(request, changed)})


@routes.delete(ONE, rule=policy.DELETE)
def delete(request: Request) -> Response:
    domains.delete(request.ctx, request["domain_id"])
    return no_content()
