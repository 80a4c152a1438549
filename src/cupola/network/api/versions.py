"""Version documents: what there is at the root, and at `/v2.0`."""

from __future__ import annotations

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes

routes = Routes()

_RESOURCES = {
    "network": "networks",
    "subnet": "subnets",
    "port": "ports",
    "router": "routers",
    "floatingip": "floatingips",
    "security_group": "security-groups",
    "security_group_rule": "security-group-rules",
}


@routes.get("/", rule=None)
def versions(request: Request) -> Response:
    link = {"rel": "self", "href": f"{request.root}/v2.0/"}
    return ok({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})


@routes.get("/v2.0", rule="get_network")
def resources(request: Request) -> Response:
    request.ctx.authorize("regular_user")
    return ok(
        {
            "resources": [
                {
                    "name": name,
                    "collection": path.replace("-", "_"),
                    "links": [{"rel": "self", "href": f"{request.root}/v2.0/{path}"}],
                }
                for name, path in _RESOURCES.items()
            ]
        }
    )
