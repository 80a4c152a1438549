"""The version document, at the root."""

from __future__ import annotations

from urllib.parse import urlsplit

from cupola.base.http.microversions import text
from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Routes
from cupola.placement.api.answers import MAXIMUM, MINIMUM, dated

routes = Routes()


@routes.get("/", rule=None)
def show(request: Request) -> Response:
    version = {
        "id": "v1.0",
        "max_version": text(MAXIMUM),
        "min_version": text(MINIMUM),
        "status": "CURRENT",
        "links": [{"rel": "self", "href": urlsplit(request.root).path}],
    }
    return dated(request, {"versions": [version]})
