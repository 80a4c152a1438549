"""Allocation candidates: `/allocation_candidates`."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import dated
from cupola.placement.api.queries import candidates
from cupola.placement.api.schemas import allocations as schemas
from cupola.placement.logic.allocation_candidates import search
from cupola.placement.model.forest import Node
from cupola.placement.model.search import Way
from cupola.placement.policies import allocations as policies

routes = Routes()


@routes.get("/allocation_candidates", rule=policies.CANDIDATES, since="1.10", query=schemas.CANDIDATES)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.CANDIDATES)
    asked = candidates(request)
    found = search(request.ctx, asked)
    names = {name for group in asked.groups.values() for name in group.resources}
    body = {
        "allocation_requests": [_way(request, way) for way in found.ways],
        "provider_summaries": {node.id: _summary(request, node, names) for node in found.nodes},
    }
    return dated(request, body)


def _way(request: Request, way: Way) -> dict[str, Any]:
    if not request.at_least("1.12"):
        given = [{"resource_provider": {"uuid": who}, "resources": some} for who, some in way.amounts.items()]
        return {"allocations": given}
    shown: dict[str, Any] = {"allocations": {who: {"resources": some} for who, some in way.amounts.items()}}
    if request.at_least("1.34"):
        shown["mappings"] = way.mappings
    return shown


def _summary(request: Request, node: Node, asked: set[str]) -> dict[str, Any]:
    resources = {
        name: {"capacity": stock.inventory.capacity, "used": stock.used}
        for name, stock in node.stocks.items()
        if name in asked or request.at_least("1.27")
    }
    shown: dict[str, Any] = {"resources": resources}
    if request.at_least("1.17"):
        shown["traits"] = sorted(node.traits)
    if request.at_least("1.29"):
        shown |= {"parent_provider_uuid": node.provider.parent_id, "root_provider_uuid": node.provider.root_id}
    return shown
