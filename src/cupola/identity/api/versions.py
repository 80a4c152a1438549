"""Which versions of the API there are: `/` and `/v3`."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes

routes = Routes()


def _version(request: Request) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{request.root}/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


@routes.get("/", rule=None, success=300)
def every(request: Request) -> Response:
    return Response(300, {"versions": {"values": [_version(request)]}}, {"Location": f"{request.root}/v3/"})


@routes.get("/v3", rule=None)
def third(request: Request) -> Response:
    return ok({"version": _version(request)})
