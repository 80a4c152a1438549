"""`/v3/auth/projects` and its like: what the holder of a token may learn of it; and which tokens were ended."""

from __future__ import annotations

from datetime import UTC, datetime

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.identity.api.collections import address, collection
from cupola.identity.api.views import resources as views
from cupola.identity.logic import holder, revocations
from cupola.identity.policies import tokens as policy

routes = Routes()


@routes.get("/v3/auth/projects", rule=policy.GET_PROJECTS)
def projects(request: Request) -> Response:
    return collection(request, "projects", [views.project(request, one) for one in holder.projects(request.ctx)])


@routes.get("/v3/auth/domains", rule=policy.GET_DOMAINS)
def domains(request: Request) -> Response:
    return collection(request, "domains", [views.domain(request, one) for one in holder.domains(request.ctx)])


@routes.get("/v3/auth/system", rule=policy.GET_SYSTEM)
def system(request: Request) -> Response:
    held = [{"all": True}] if holder.system(request.ctx) else []
    return ok({"system": held, "links": {"self": address(request)}})


@routes.get("/v3/auth/catalog", rule=policy.GET_CATALOG)
def catalog(request: Request) -> Response:
    return ok({"catalog": holder.own_catalog(request.ctx), "links": {"self": address(request)}})


@routes.get("/v3/OS-REVOKE/events", rule=policy.LIST_REVOKE_EVENTS)
def events(request: Request) -> Response:
    found = revocations.find(request.ctx, _moment(request.one("since")))
    return ok({"events": [views.revocation(one) for one in found], "links": {"self": address(request)}})


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"Invalid input for field/attribute since. Value: {text}. It is not a time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
