"""Availability zones: `/os-availability-zone`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.schemas.parameters import strict_since
from cupola.compute.api.services import OLD_MOMENT
from cupola.compute.logic import services
from cupola.compute.model.service import INTERNAL_ZONE, ServiceState
from cupola.compute.policies import hosts as policies

routes = Routes()
QUERY = strict_since("2.102", {})
ZONES = "/v2.1/os-availability-zone"


def _zones(states: Sequence[ServiceState]) -> dict[str, bool]:
    """All zones by name, those first in which anything is enabled; with whether that is so."""
    enabled = sorted({state.zone for state in states if not state.service.disabled})
    rest = sorted({state.zone for state in states} - set(enabled))
    return dict.fromkeys(enabled, True) | dict.fromkeys(rest, False)


def _entry(zone: str, available: bool, hosts: Any) -> dict[str, Any]:
    return {"zoneName": zone, "zoneState": {"available": available}, "hosts": hosts}


@routes.get(ZONES, rule=policies.ZONE_LIST, query=QUERY)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.ZONE_LIST)
    zones = _zones(services.listed(request.ctx))
    shown = [_entry(zone, available, None) for zone, available in zones.items() if zone != INTERNAL_ZONE]
    return ok({"availabilityZoneInfo": shown})


@routes.get(ZONES + "/detail", rule=policies.ZONE_DETAIL, query=QUERY)
def detail(request: Request) -> Response:
    request.ctx.authorize(policies.ZONE_DETAIL)
    states = services.listed(request.ctx)
    shown = [
        _entry(zone, available, _hosts(zone, states) if available else None)
        for zone, available in _zones(states).items()
    ]
    return ok({"availabilityZoneInfo": shown})


def _hosts(zone: str, states: Sequence[ServiceState]) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    for state in states:
        if state.zone == zone and not state.service.disabled:
            hosts.setdefault(state.service.host, {})[state.service.binary] = {
                "available": state.alive,
                "active": True,
                "updated_at": state.seen_at.strftime(OLD_MOMENT) if state.seen_at else None,
            }
    return hosts
