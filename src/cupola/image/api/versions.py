"""Versions of the image API: `/` and `/versions`, and what becomes of paths that lead nowhere."""

from __future__ import annotations

from cupola.base.errors import NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.image.policies import discovery as policies

CURRENT = "v2.17"
SUPPORTED = ("v2.15", "v2.13", "v2.12", "v2.11", "v2.10", *(f"v2.{minor}" for minor in range(9, -1, -1)))
routes = Routes()


def _document(request: Request) -> dict[str, object]:
    links = [{"rel": "self", "href": f"{request.root}/v2/"}]
    found = [{"id": version, "status": "SUPPORTED", "links": links} for version in SUPPORTED]
    return {"versions": [{"id": CURRENT, "status": "CURRENT", "links": links}, *found]}


@routes.get("/", rule=None, success=300)
def choices(request: Request) -> Response:
    return Response(300, _document(request))


@routes.get("/versions", rule=None)
def versions(request: Request) -> Response:
    return ok(_document(request))


@routes.get("/{path:path}", rule=None, success=300)
def no_such_version(request: Request) -> Response:
    """Whoever asks for another version is told which there are."""
    return Response(300, _document(request))


def nowhere(_request: Request) -> Response:
    """Below a version there is nothing else, and that is told only to those who have a token."""
    raise NotFound("The resource could not be found.")


for _path in ("/v2", "/v2/{path:path}"):
    for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        routes.add(_method, _path, rule=policies.DISCOVER)(nowhere)
