"""What this API is: its versions, for clients that look before they call."""

from __future__ import annotations

from typing import Any

from cupola.base.http.microversions import Microversions, text
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes

MICROVERSIONS = Microversions("compute", (2, 1), (2, 96), legacy_header="X-OpenStack-Nova-API-Version")

routes = Routes()


@routes.get("/", rule=None)
def index(request: Request) -> Response:
    """All versions."""
    return ok({"versions": [_version(request)]})


@routes.get("/v2.1", rule=None)
def show(request: Request) -> Response:
    """The one version there is."""
    version = _version(request)
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
    return ok({"version": version | {"media-types": [media]}})


def _version(request: Request) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": text(MICROVERSIONS.maximum),
        "min_version": text(MICROVERSIONS.minimum),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{request.root}/v2.1/"}],
    }
