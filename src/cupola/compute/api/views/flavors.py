"""What goes out of flavors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base.http.request import Request
from cupola.compute.api.views.links import links
from cupola.compute.model.flavor import Flavor
from cupola.compute.policies import flavors as policies


def brief(request: Request, flavor: Flavor) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": flavor.id, "name": flavor.name, "links": links(request, "flavors", flavor.id)}
    if request.at_least("2.55"):
        shown["description"] = flavor.description
    return shown


def full(request: Request, flavor: Flavor) -> dict[str, Any]:
    shown = brief(request, flavor) | {
        "ram": flavor.memory_mb,
        "disk": flavor.root_gb,
        "swap": flavor.swap or (0 if request.at_least("2.75") else ""),
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": flavor.is_public,
    }
    if not request.at_least("2.102"):
        shown |= {"OS-FLV-DISABLED:disabled": False, "rxtx_factor": flavor.rxtx_factor}
    if request.at_least("2.61") and request.ctx.may(policies.SPECS):
        shown["extra_specs"] = dict(flavor.extra_specs)
    return shown


def access(flavor_id: str, project_ids: Sequence[str]) -> dict[str, Any]:
    return {"flavor_access": [{"flavor_id": flavor_id, "tenant_id": project_id} for project_id in project_ids]}
