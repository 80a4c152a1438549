"""What goes out of quota sets and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cupola.base.http.request import Request
from cupola.base.quota import UNLIMITED
from cupola.compute.api.schemas.quota_sets import OF_FILES, OF_NETWORK, OTHERS
from cupola.compute.logic.quota_sets import Allowance

NOT_OURS = Allowance(UNLIMITED, 0)

_LIMIT_NAMES = {
    "ram": "maxTotalRAMSize",
    "instances": "maxTotalInstances",
    "cores": "maxTotalCores",
    "key_pairs": "maxTotalKeypairs",
    "floating_ips": "maxTotalFloatingIps",
    "metadata_items": "maxServerMeta",
    "injected_files": "maxPersonality",
    "injected_file_content_bytes": "maxPersonalitySize",
    "security_groups": "maxSecurityGroups",
    "security_group_rules": "maxSecurityGroupRules",
    "server_groups": "maxServerGroups",
    "server_group_members": "maxServerGroupMembers",
}
_USED_NAMES = {
    "ram": "totalRAMUsed",
    "cores": "totalCoresUsed",
    "instances": "totalInstancesUsed",
    "floating_ips": "totalFloatingIpsUsed",
    "security_groups": "totalSecurityGroupsUsed",
    "server_groups": "totalServerGroupsUsed",
}


def _known(request: Request) -> list[str]:
    """The resources that a microversion knows."""
    files = () if request.at_least("2.57") else OF_FILES
    network = () if request.at_least("2.36") else OF_NETWORK
    return sorted((*OTHERS, *files, *network))


def plain(limit: Allowance) -> int:
    return limit.limit


def detailed(limit: Allowance) -> dict[str, int]:
    return {"limit": limit.limit, "in_use": limit.in_use, "reserved": 0}


def quota_set(
    request: Request, allowances: Mapping[str, Allowance], view: Callable[[Allowance], Any], project_id: str | None
) -> dict[str, Any]:
    shown = {name: view(allowances.get(name, NOT_OURS)) for name in _known(request)}
    return {"quota_set": ({"id": project_id} if project_id is not None else {}) | shown}


def limits(request: Request, allowances: Mapping[str, Allowance]) -> dict[str, Any]:
    known = {name: allowances.get(name, NOT_OURS) for name in _known(request)}
    absolute = {_LIMIT_NAMES[name]: one.limit for name, one in known.items() if name in _LIMIT_NAMES}
    if not request.at_least("2.39"):
        absolute["maxImageMeta"] = absolute["maxServerMeta"]
    used = {_USED_NAMES[name]: one.in_use for name, one in known.items() if name in _USED_NAMES}
    return {"limits": {"rate": [], "absolute": absolute | used}}
