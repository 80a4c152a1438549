"""What a caller sees, and what policy is told of a row."""

from __future__ import annotations

from typing import Any

from cupola.base.context import Context
from cupola.base.errors import NotFound
from cupola.network.model.asked import Asked
from cupola.network.model.network import Network
from cupola.network.model.port import PortDetail
from cupola.network.model.security_group import RuleDetail
from cupola.network.model.subnet import SubnetDetail

Target = dict[str, Any]


def project_seen(ctx: Context) -> str | None:
    """The project whose things the caller sees; None: everybody's."""
    if ctx.may("context_is_admin", {}) or ctx.may("service_api", {}):
        return None
    return ctx.project_id or ""


def owned(project_id: str) -> Target:
    return {"project_id": project_id, "tenant_id": project_id}


def of_network(network: Network) -> Target:
    return owned(network.project_id) | {"shared": network.shared, "router:external": network.external}


def of_subnet(detail: SubnetDetail) -> Target:
    extra = {
        "network:project_id": detail.network_project_id,
        "shared": detail.shared,
        "router:external": detail.external,
    }
    return owned(detail.subnet.project_id) | extra | {"network:tenant_id": detail.network_project_id}


def of_port(detail: PortDetail) -> Target:
    return port_target(
        detail.port.project_id, detail.port.device_owner, detail.network_project_id, detail.network_shared
    )


def port_target(project_id: str, device_owner: str, network_project_id: str, shared: bool) -> Target:
    return owned(project_id) | {
        "device_owner": device_owner,
        "shared": shared,
        "network:project_id": network_project_id,
        "network:tenant_id": network_project_id,
    }


def of_rule(detail: RuleDetail) -> Target:
    group = {"security_group:project_id": detail.group_project_id, "security_group:tenant_id": detail.group_project_id}
    return owned(detail.rule.project_id) | group


def permit(ctx: Context, rule: str, target: Target, missing: NotFound, asked: Asked | None = None) -> None:
    """Go on only if the caller sees the thing and may do `rule` to it, with the attributes given.

    Raises `missing` when the caller may not even see it.
    """
    seen = "get_" + rule.partition("_")[2] if rule.split("_")[0] in ("update", "delete") else rule
    ctx.authorize(seen, target, hidden=missing)
    for each in (rule, *(asked.rules if asked else ())):
        ctx.authorize(each, target)
