"""Flavors: `/flavors`, their extra specs and the access to private ones."""

from __future__ import annotations

from typing import Any

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.paging import next_page, page_of
from cupola.compute.api.schemas import flavors as schemas
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.api.views import flavors as views
from cupola.compute.logic import flavor_access, flavors, projects
from cupola.compute.model.flavor import Flavor, FlavorFilter
from cupola.compute.policies import flavors as policies

routes = Routes()
FLAVORS = "/v2.1/flavors"
FLAVOR = FLAVORS + "/{flavor_id}"
SPECS = FLAVOR + "/os-extra_specs"


@routes.get(FLAVORS, rule=policies.SEE, query=schemas.LIST)
def index(request: Request) -> Response:
    return _list(request, "flavors", views.brief)


@routes.get(FLAVORS + "/detail", rule=policies.SEE, query=schemas.LIST)
def detail(request: Request) -> Response:
    return _list(request, "flavors/detail", views.full)


def _list(request: Request, collection: str, view: Any) -> Response:
    request.ctx.authorize(policies.SEE)
    key = schemas.SORT_KEYS[request.one("sort_key") or "flavorid"]
    page = page_of(request, ((key, request.one("sort_dir") or "asc"),))
    found = flavors.listed(request.ctx, _wanted(request), page)
    shown = {"flavors": [view(request, flavor) for flavor in found]}
    full = bool(found) and len(found) == page.limit
    return ok(shown | next_page(request, collection, found[-1].id if found else None, full))


def _wanted(request: Request) -> FlavorFilter:
    admin = request.ctx.is_admin
    return FlavorFilter(
        is_public=_is_public(request.one("is_public")) if admin else True,
        project_id=None if admin else request.ctx.project_id,
        min_ram=_number(request, "minRam"),
        min_disk=_number(request, "minDisk"),
        name=request.one("name") if request.at_least("2.102") else None,
    )


def _is_public(text: str | None) -> bool | None:
    if text is None:
        return True
    if text.lower() == "none":
        return None
    if text.lower() in ("1", "t", "true", "on", "y", "yes"):
        return True
    if text.lower() in ("0", "f", "false", "off", "n", "no"):
        return False
    raise BadInput(f"Invalid is_public filter [{text}]")


def _number(request: Request, name: str) -> int | None:
    text = request.one(name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise BadInput(f"Invalid {name} filter [{text}]") from error


@routes.get(FLAVOR, rule=policies.SEE, query=schemas.SHOW)
def show(request: Request) -> Response:
    request.ctx.authorize(policies.SEE)
    return ok({"flavor": views.full(request, flavors.find(request.ctx, request["flavor_id"]))})


@routes.post(FLAVORS, rule=policies.CREATE, body=schemas.CREATE)
def create(request: Request) -> Response:
    request.ctx.authorize(policies.CREATE)
    given = request.body["flavor"]
    flavor = Flavor(
        id=_id(given.get("id")) or request.ctx.ids.uuid(),
        name=given["name"],
        memory_mb=int(given["ram"]),
        vcpus=int(given["vcpus"]),
        root_gb=int(given["disk"]),
        ephemeral_gb=int(given.get("OS-FLV-EXT-DATA:ephemeral", 0)),
        swap=int(given.get("swap", 0)),
        rxtx_factor=float(given.get("rxtx_factor", 1.0)),
        is_public=truth(given.get("os-flavor-access:is_public", True)),
        description=given.get("description"),
        extra_specs={},
        generation=1,
        created_at=request.ctx.now(),
        updated_at=None,
    )
    return ok({"flavor": views.full(request, flavors.create(request.ctx, flavor))})


def _id(given: str | float | None) -> str:
    """As text; none is empty. Raises BadInput for a number of too many digits."""
    text = "" if given is None else str(given)
    if len(text) > schemas.LONGEST_ID:
        raise BadInput(f"Invalid input for field/attribute id. Value: {text}. {text} is too long")
    return text


@routes.put(FLAVOR, rule=policies.UPDATE, since="2.55", body=schemas.UPDATE)
def update(request: Request) -> Response:
    request.ctx.authorize(policies.UPDATE)
    changed = flavors.describe(request.ctx, request["flavor_id"], request.body["flavor"]["description"])
    return ok({"flavor": views.full(request, changed)})


@routes.delete(FLAVOR, rule=policies.DELETE, success=202)
def delete(request: Request) -> Response:
    request.ctx.authorize(policies.DELETE)
    flavors.delete(request.ctx, request["flavor_id"])
    return accepted()


@routes.get(SPECS, rule=policies.SPECS, query=schemas.SHOW)
def list_specs(request: Request) -> Response:
    request.ctx.authorize(policies.SPECS)
    return ok({"extra_specs": dict(flavors.find(request.ctx, request["flavor_id"]).extra_specs)})


@routes.post(SPECS, rule=policies.SPEC_CREATE, body=schemas.ADD_SPECS)
def add_specs(request: Request) -> Response:
    request.ctx.authorize(policies.SPEC_CREATE)
    _set_specs(request, request.body["extra_specs"])
    return ok(request.body)


@routes.get(SPECS + "/{key}", rule=policies.SPEC_SHOW, query=schemas.SHOW)
def show_spec(request: Request) -> Response:
    request.ctx.authorize(policies.SPEC_SHOW)
    return ok({request["key"]: flavors.extra_spec(request.ctx, request["flavor_id"], request["key"])})


@routes.put(SPECS + "/{key}", rule=policies.SPEC_UPDATE, body=schemas.SET_SPEC)
def set_spec(request: Request) -> Response:
    request.ctx.authorize(policies.SPEC_UPDATE)
    if request["key"] not in request.body:
        raise BadInput("Request body and URI mismatch")
    _set_specs(request, request.body)
    return ok(request.body)


def _set_specs(request: Request, specs: dict[str, Any]) -> None:
    texts = {name: str(value) for name, value in specs.items()}
    flavors.set_extra_specs(request.ctx, request["flavor_id"], texts, checked=request.at_least("2.86"))


@routes.delete(SPECS + "/{key}", rule=policies.SPEC_DELETE, success=200)
def remove_spec(request: Request) -> Response:
    request.ctx.authorize(policies.SPEC_DELETE)
    flavors.remove_extra_spec(request.ctx, request["flavor_id"], request["key"])
    return Response(200)


@routes.get(FLAVOR + "/os-flavor-access", rule=policies.ACCESS, query=schemas.SHOW)
def list_access(request: Request) -> Response:
    request.ctx.authorize(policies.ACCESS)
    return ok(views.access(request["flavor_id"], flavor_access.listed(request.ctx, request["flavor_id"])))


@routes.action(FLAVOR + "/action", "addTenantAccess", rule=policies.ACCESS_ADD, body=schemas.ADD_ACCESS, success=200)
def add_access(request: Request) -> Response:
    request.ctx.authorize(policies.ACCESS_ADD)
    project_id = request.body["addTenantAccess"]["tenant"]
    projects.check(request.ctx, project_id)
    only_private = request.at_least("2.7")
    given = flavor_access.give(request.ctx, request["flavor_id"], project_id, only_private)
    return ok(views.access(request["flavor_id"], given))


@routes.action(
    FLAVOR + "/action", "removeTenantAccess", rule=policies.ACCESS_REMOVE, body=schemas.REMOVE_ACCESS, success=200
)
def remove_access(request: Request) -> Response:
    request.ctx.authorize(policies.ACCESS_REMOVE)
    project_id = request.body["removeTenantAccess"]["tenant"]
    left = flavor_access.take_away(request.ctx, request["flavor_id"], project_id)
    return ok(views.access(request["flavor_id"], left))
