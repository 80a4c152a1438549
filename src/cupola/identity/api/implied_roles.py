"""`/v3/roles/{role_id}/implies` and `/v3/role_inferences`."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import address
from cupola.identity.api.views import assignments as views
from cupola.identity.logic import implied_roles
from cupola.identity.model.role import Role
from cupola.identity.policies import roles as policy

PATH = "/v3/roles/{role_id}/implies"
ONE = f"{PATH}/{{implied_role_id}}"

routes = Routes()


def _body(request: Request, prior: Role, implied: Role | list[Role]) -> dict[str, Any]:
    return {"role_inference": views.inference(request, prior, implied), "links": {"self": address(request)}}


@routes.get("/v3/role_inferences", rule=policy.LIST_INFERENCES)
def everything(request: Request) -> Response:
    found = implied_roles.everything(request.ctx)
    return ok({"role_inferences": [views.inference(request, prior, implied) for prior, implied in found]})


@routes.get(PATH, rule=policy.LIST_IMPLIED)
def find(request: Request) -> Response:
    return ok(_body(request, *implied_roles.of(request.ctx, request["role_id"])))


@routes.get(ONE, rule=policy.GET_IMPLIED)
def show(request: Request) -> Response:
    return ok(_body(request, *implied_roles.show(request.ctx, request["role_id"], request["implied_role_id"])))


@routes.head(ONE, rule=policy.CHECK_IMPLIED, success=204)
def check(request: Request) -> Response:
    implied_roles.show(request.ctx, request["role_id"], request["implied_role_id"], policy.CHECK_IMPLIED)
    return no_content()


@routes.put(ONE, rule=policy.CREATE_IMPLIED, success=201)
def create(request: Request) -> Response:
    return created(_body(request, *implied_roles.create(request.ctx, request["role_id"], request["implied_role_id"])))


@routes.delete(ONE, rule=policy.DELETE_IMPLIED)
def delete(request: Request) -> Response:
    implied_roles.delete(request.ctx, request["role_id"], request["implied_role_id"])
    return no_content()
