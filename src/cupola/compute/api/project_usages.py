"""What projects used: `/os-simple-tenant-usage`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cupola.base.db.paging import Page
from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.compute.api.paging import page_of
from cupola.compute.api.schemas.parameters import ANY_TEXT, PAGING, query
from cupola.compute.api.views.links import next_link
from cupola.compute.logic import project_usages
from cupola.compute.model.usage import Period, ProjectUsage, ServerUsage
from cupola.compute.policies import aggregates as policies

routes = Routes()
USAGES = "/v2.1/os-simple-tenant-usage"
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")

_PERIOD = {"start": ANY_TEXT, "end": ANY_TEXT}
SHOW = {
    "2.1": query(_PERIOD, strict=False),
    "2.40": query(_PERIOD | PAGING, strict=False),
    "2.75": query(_PERIOD | PAGING, strict=True),
}
_DETAILED = _PERIOD | {"detailed": ANY_TEXT}
LIST = {
    "2.1": query(_DETAILED, strict=False),
    "2.40": query(_DETAILED | PAGING, strict=False),
    "2.75": query(_DETAILED | PAGING, strict=True),
}


@routes.get(USAGES, rule=policies.USAGE_LIST, query=LIST)
def index(request: Request) -> Response:
    request.ctx.authorize(policies.USAGE_LIST)
    period, page = _period(request), _page(request)
    found = project_usages.between(request.ctx, period, None, page)
    detailed = request.one("detailed") == "1"
    shown: dict[str, Any] = {"tenant_usages": [_view(request, one, period, detailed) for one in found]}
    return ok(shown | _next(request, "tenant_usages_links", "os-simple-tenant-usage", found, page))


@routes.get(USAGES + "/{project_id}", rule=policies.USAGE_SHOW, query=SHOW)
def show(request: Request) -> Response:
    project_id = request["project_id"]
    request.ctx.authorize(policies.USAGE_SHOW, {"project_id": project_id})
    period, page = _period(request), _page(request)
    found = project_usages.between(request.ctx, period, project_id, page)
    shown: dict[str, Any] = {"tenant_usage": _view(request, found[0], period, detailed=True) if found else {}}
    return ok(shown | _next(request, "tenant_usage_links", f"os-simple-tenant-usage/{project_id}", found, page))


def _page(request: Request) -> Page:
    return page_of(request) if request.at_least("2.40") else Page()


def _next(request: Request, name: str, path: str, found: list[ProjectUsage], page: Page) -> dict[str, Any]:
    ids = [used.server.id for one in found for used in one.servers]
    return {name: next_link(request, path, max(ids))} if ids and len(ids) == page.limit else {}


def _period(request: Request) -> Period:
    now = request.ctx.now()
    period = Period(_moment(request.one("start"), now), _moment(request.one("end"), now))
    if not period.start < period.stop and request.query:
        raise BadInput("Invalid start time. The start time cannot occur after the end time.")
    return Period(period.start, min(period.stop, now))


def _moment(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    for form in FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadInput(f"Invalid datetime string: {text} is in an invalid format")


def _view(request: Request, usage: ProjectUsage, period: Period, detailed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "tenant_id": usage.project_id,
        "start": period.start.strftime(MOMENT),
        "stop": period.stop.strftime(MOMENT),
        "total_hours": usage.hours,
        "total_local_gb_usage": usage.gb_hours,
        "total_memory_mb_usage": usage.mb_hours,
        "total_vcpus_usage": usage.vcpu_hours,
    }
    return shown | ({"server_usages": [_server(request, one) for one in usage.servers]} if detailed else {})


def _server(request: Request, used: ServerUsage) -> dict[str, Any]:
    server = used.server
    began = server.launched_at or server.created_at
    return {
        "instance_id": server.id,
        "name": server.name,
        "tenant_id": server.project_id,
        "flavor": server.flavor["name"],
        "hours": used.hours,
        "local_gb": used.local_gb,
        "memory_mb": used.memory_mb,
        "vcpus": used.vcpus,
        "started_at": began.strftime(MOMENT),
        "ended_at": server.deleted_at.strftime(MOMENT) if server.deleted_at else None,
        "state": "terminated" if server.deleted_at else server.vm_state,
        "uptime": int(((server.deleted_at or request.ctx.now()) - began).total_seconds()),
    }
