"""Usages: `/usages` of a project, `/resource_providers/{uuid}/usages` of a provider."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated
from cupola.placement.api.schemas import allocations as schemas
from cupola.placement.logic import usages
from cupola.placement.policies import allocations as policies
from cupola.placement.policies import providers as provider_policies

routes = Routes()


@routes.get(provider_policies.PROVIDER + "/usages", rule=provider_policies.USAGES)
def of_provider(request: Request) -> Response:
    request.ctx.authorize(provider_policies.USAGES)
    provider, used = usages.of_provider(request.ctx, request["uuid"])
    return dated(request, {"resource_provider_generation": provider.generation, "usages": dict(used)})


@routes.get("/usages", rule=policies.USAGES, since="1.9", query=schemas.USAGES)
def of_project(request: Request) -> Response:
    project_id, user_id = request.one("project_id") or "", request.one("user_id")
    request.ctx.authorize(policies.USAGES, {"project_id": project_id})
    found = usages.of_project(request.ctx, project_id, user_id)
    shown: dict[str, Any] = {}
    if not request.at_least("1.38"):
        for one in found:
            shown[one.resource_class] = shown.get(one.resource_class, 0) + one.used
        return dated(request, {"usages": shown})
    asked = request.one("consumer_type")
    for type_, count in usages.consumers_by_type(request.ctx, project_id, user_id).items():
        if asked in (None, "all", type_):
            entry = shown.setdefault("all" if asked == "all" else type_, {"consumer_count": 0})
            entry["consumer_count"] += count
            for one in found:
                if one.type == type_:
                    entry[one.resource_class] = entry.get(one.resource_class, 0) + one.used
    return dated(request, {"usages": shown})
