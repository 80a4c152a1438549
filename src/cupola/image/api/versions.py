"""Versions of the image API: `/` and `/versions`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes

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
