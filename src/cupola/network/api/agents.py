"""Agents, availability zones and service providers: where the network service runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.network.logic import agents as logic
from cupola.network.logic.agents import Agent

routes = Routes()


def _moment(of: datetime) -> str:
    return of.strftime("%Y-%m-%d %H:%M:%S")


def _agent(of: Agent) -> dict[str, Any]:
    return {
        "id": of.id,
        "agent_type": of.type,
        "binary": "cupola",
        "topic": f"host.{of.host.name}",
        "host": of.host.name,
        "admin_state_up": True,
        "alive": of.alive,
        "created_at": _moment(of.host.started_at),
        "started_at": _moment(of.host.started_at),
        "heartbeat_timestamp": _moment(of.host.seen_at),
        "description": None,
        "availability_zone": of.host.zone,
        "configurations": {},
        "resources_synced": None,
        "resource_versions": {},
    }


@routes.get("/v2.0/agents", rule="get_agent")
def agents(request: Request) -> Response:
    wanted = {name: values for name, values in request.query.items() if name in ("agent_type", "host", "id", "binary")}
    views = [_agent(each) for each in logic.listed(request.ctx)]
    return ok({"agents": [view for view in views if all(view[name] in values for name, values in wanted.items())]})


@routes.get("/v2.0/agents/{id}", rule="get_agent")
def agent(request: Request) -> Response:
    return ok({"agent": _agent(logic.show(request.ctx, request["id"]))})


@routes.get("/v2.0/availability_zones", rule="get_availability_zone")
def zones(request: Request) -> Response:
    return ok(
        {
            "availability_zones": [
                {"name": name, "resource": resource, "state": "available" if alive else "unavailable"}
                for name, alive in logic.zones(request.ctx)
                for resource in ("network", "router")
            ]
        }
    )


@routes.get("/v2.0/service-providers", rule="get_service_provider")
def providers(request: Request) -> Response:
    request.ctx.authorize("get_service_provider")
    return ok({"service_providers": [{"service_type": "L3_ROUTER_NAT", "name": "single_node", "default": True}]})
