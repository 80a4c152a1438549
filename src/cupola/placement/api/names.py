"""The names that all share: `/traits` and `/resource_classes`."""

from __future__ import annotations

import re

from cupola.base.errors import BadInput, Conflict
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated, located, path
from cupola.placement.api.schemas import features as schemas
from cupola.placement.api.schemas.common import CUSTOM_NAME
from cupola.placement.logic import names
from cupola.placement.policies import names as policies

routes = Routes()
TRAITS, TRAIT = "/traits", "/traits/{name}"
CLASSES, CLASS = "/resource_classes", "/resource_classes/{name}"


def _custom(name: str, what: str) -> str:
    if len(name) > 255 or not re.match(CUSTOM_NAME, name):
        raise BadInput(
            f"The {what} is invalid. A valid {what} must be no longer than 255 characters, start with the prefix "
            '"CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"'
        )
    return name


@routes.get(TRAITS, rule=policies.TRAIT_LIST, since="1.6", query=schemas.LIST_TRAITS)
def traits(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_LIST)
    among, prefix = _trait_filter(request.one("name"))
    associated = request.one("associated")
    if associated is not None and associated.lower() not in ("true", "false"):
        raise BadInput('The query parameter "associated" only accepts "true" or "false"')
    used = None if associated is None else associated.lower() == "true"
    return dated(request, {"traits": names.traits(request.ctx, among, prefix, used)})


def _trait_filter(text: str | None) -> tuple[set[str] | None, str]:
    if text is None:
        return None, ""
    operator, colon, value = text.partition(":")
    if not colon:
        raise BadInput(
            "Badly formatted name parameter. Expected name query string parameter in form: "
            f'?name=[in|startswith]:[name1,name2|prefix]. Got: "{text}"'
        )
    return set(value.split(",")) if operator == "in" else None, value if operator == "startswith" else ""


@routes.get(TRAIT, rule=policies.TRAIT_SHOW, since="1.6", success=204)
def show_trait(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_SHOW)
    return dated(request, None, names.trait(request.ctx, request["name"]), 204)


@routes.put(TRAIT, rule=policies.TRAIT_UPDATE, since="1.6", success=201)
def make_trait(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_UPDATE)
    new = names.make_trait(request.ctx, _custom(request["name"], "trait"))
    return located(request, dated(request, None, None, 201 if new else 204), "traits", request["name"])


@routes.delete(TRAIT, rule=policies.TRAIT_DELETE, since="1.6")
def remove_trait(request: Request) -> Response:
    request.ctx.authorize(policies.TRAIT_DELETE)
    names.remove_trait(request.ctx, request["name"])
    return no_content()


def _class(request: Request, name: str) -> dict[str, object]:
    return {"name": name, "links": [{"rel": "self", "href": path(request, "resource_classes", name)}]}


@routes.get(CLASSES, rule=policies.CLASS_LIST, since="1.2")
def classes(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_LIST)
    found = names.classes(request.ctx)
    return dated(request, {"resource_classes": [_class(request, name) for name in found]})


@routes.post(CLASSES, rule=policies.CLASS_CREATE, since="1.2", body=schemas.RESOURCE_CLASS, success=201)
def create_class(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_CREATE)
    name = request.body["name"]
    if not names.make_class(request.ctx, name):
        raise Conflict(f"Conflicting resource class already exists: {name}")
    return located(request, Response(201), "resource_classes", name)


@routes.get(CLASS, rule=policies.CLASS_SHOW, since="1.2")
def show_class(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_SHOW)
    at = names.resource_class(request.ctx, request["name"])
    return dated(request, _class(request, request["name"]), at)


@routes.put(CLASS, rule=policies.CLASS_UPDATE, since="1.2", until="1.6", body=schemas.RESOURCE_CLASS)
def rename_class(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_UPDATE)
    names.rename_class(request.ctx, request["name"], request.body["name"])
    return ok(_class(request, request.body["name"]))


@routes.put(CLASS, rule=policies.CLASS_UPDATE, since="1.7", success=201)
def make_class(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_UPDATE)
    new = names.make_class(request.ctx, _custom(request["name"], "resource class"))
    return located(request, Response(201 if new else 204), "resource_classes", request["name"])


@routes.delete(CLASS, rule=policies.CLASS_DELETE, since="1.2")
def remove_class(request: Request) -> Response:
    request.ctx.authorize(policies.CLASS_DELETE)
    names.remove_class(request.ctx, request["name"])
    return no_content()
