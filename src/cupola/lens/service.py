"""The looking glass as a service: `/lens`, for the `cupola` command and, later, the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from cupola.base.http.api import Api
from cupola.base.http.faults import error_list
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.base.observe.census import Census
from cupola.base.observe.metrics import CONTENT_TYPE, exposition
from cupola.base.policy import Rule
from cupola.base.service import Service
from cupola.lens.doctor import examine
from cupola.lens.status import status
from cupola.lens.trace import trace

TRACE = "lens:trace"
DOCTOR = "lens:doctor"
STATUS = "lens:status"
METRICS = "lens:metrics"

RULES = (
    Rule(
        TRACE,
        "role:reader",
        "Follow a request, operation, message or resource; other than administrators see their project's only.",
        (("GET", "/lens/v1/traces/{id}"),),
    ),
    Rule(DOCTOR, "rule:context_is_admin", "Compare what is recorded with what is real.", (("GET", "/lens/v1/doctor"),)),
    Rule(STATUS, "rule:context_is_admin", "See hosts and what is under way.", (("GET", "/lens/v1/status"),)),
    Rule(METRICS, "rule:context_is_admin", "Read the figures for Prometheus.", (("GET", "/lens/v1/metrics"),)),
)


def service(services: Sequence[Service]) -> Service:
    """The lens over `services`: it knows them by their manifests only."""
    routes = Routes()
    relates = [relation for service in services for relation in service.relates]
    checks = [check for service in services for check in service.checks]
    surveys = [survey for service in services for survey in service.surveys]

    @routes.get("/v1/traces/{id}", rule=TRACE)
    def show_trace(request: Request) -> Response:
        ctx = request.ctx
        ctx.authorize(TRACE)
        project = None if ctx.is_admin else ctx.project_id or ""
        trees = ctx.read("lens.trace", lambda tx: trace(tx, request["id"], relates, project))
        return ok({"traces": [tree.to_json() for tree in trees]})

    @routes.get("/v1/doctor", rule=DOCTOR)
    def show_doctor(request: Request) -> Response:
        request.ctx.authorize(DOCTOR)
        return ok({"findings": [asdict(finding) for finding in examine(request.ctx, checks, surveys)]})

    @routes.get("/v1/status", rule=STATUS)
    def show_status(request: Request) -> Response:
        request.ctx.authorize(STATUS)
        return ok(status(request.ctx))

    @routes.get("/v1/metrics", rule=METRICS)
    def show_metrics(request: Request) -> Response:
        request.ctx.authorize(METRICS)
        return Response(200, exposition(Census(lambda: request.ctx)), content_type=CONTENT_TYPE)

    return Service("lens", Api("lens", "/lens", routes.declared, error_list), RULES)
