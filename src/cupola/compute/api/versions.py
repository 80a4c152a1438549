"""What this API is: its versions, for clients that look before they call."""

from __future__ import annotations

from typing import Any

from cupola.base.errors import NoSuchPath
from cupola.base.http.microversions import Microversions, text
from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes

MICROVERSIONS = Microversions("compute", (2, 1), (2, 96), legacy_header="X-OpenStack-Nova-API-Version")
MEDIA = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}

routes = Routes()


@routes.get("/", rule=None)
def index(request: Request) -> Response:
    """All versions."""
    return ok({"versions": [_version(request)]})


@routes.get("/{path:path}", rule=None, success=300)
def choices(request: Request) -> Response:
    """Whoever asks for another version is told which there is. Raises NoSuchPath below the one that there is."""
    if request["path"].startswith("v2.1/"):
        raise NoSuchPath
    version = {name: value for name, value in _version(request).items() if name in ("id", "status")}
    link = {"rel": "self", "href": f"{request.root}/v2.1/{request['path']}"}
    return Response(300, {"choices": [version | {"links": [link], "media-types": [MEDIA]}]})


@routes.get("/v2.1", rule=None)
def show(request: Request) -> Response:
    """The one version there is."""
    version = _version(request)
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    return ok({"version": version | {"media-types": [MEDIA]}})


def _version(request: Request) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": text(MICROVERSIONS.maximum),
        "min_version": text(MICROVERSIONS.minimum),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{request.root}/v2.1/"}],
    }
