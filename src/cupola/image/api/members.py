"""Members of shared images: /v2/images/{image_id}/members."""

from __future__ import annotations

from typing import Any

from cupola.base.clock import iso
from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.image.logic import members as logic
from cupola.image.model.member import Member
from cupola.image.policies import members as policies

routes = Routes()


@routes.post("/v2/images/{image_id}/members", rule=policies.ADD, body={})
def add(request: Request) -> Response:
    return ok(
        _member(logic.add(request.ctx, request["image_id"], _field(request.body, "member", "Member to be added")))
    )


@routes.get("/v2/images/{image_id}/members", rule=policies.LIST)
def listed(request: Request) -> Response:
    found = [_member(member) for member in logic.listed(request.ctx, request["image_id"])]
    return ok({"members": found, "schema": "/v2/schemas/members"})


@routes.get("/v2/images/{image_id}/members/{member_id}", rule=policies.GET)
def show(request: Request) -> Response:
    return ok(_member(logic.show(request.ctx, request["image_id"], request["member_id"])))


@routes.put("/v2/images/{image_id}/members/{member_id}", rule=policies.MODIFY, body={})
def answer(request: Request) -> Response:
    status = _field(request.body, "status", "Status")
    return ok(_member(logic.answer(request.ctx, request["image_id"], request["member_id"], status)))


@routes.delete("/v2/images/{image_id}/members/{member_id}", rule=policies.DELETE)
def remove(request: Request) -> Response:
    logic.remove(request.ctx, request["image_id"], request["member_id"])
    return no_content()


def _field(body: Any, name: str, what: str) -> str:
    if not isinstance(body, dict):
        raise BadInput(f'Expected a {name} in the form: {{"{name}": "..."}}')
    if name not in body:
        raise BadInput(f"{what} not specified")
    if not isinstance(body[name], str) or not body[name]:
        raise BadInput(f"{what} can't be empty and is a string")
    return str(body[name])


def _member(member: Member) -> dict[str, Any]:
    return {
        "member_id": member.member_id,
        "image_id": member.image_id,
        "status": member.status,
        "created_at": iso(member.created_at),
        "updated_at": iso(member.updated_at),
        "schema": "/v2/schemas/member",
    }
