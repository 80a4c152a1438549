"""What goes out of hypervisors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cupola.base.http.request import Request
from cupola.compute.logic.hypervisors import Hypervisor

NAMES = (("VCPU", "vcpus"), ("MEMORY_MB", "memory_mb"), ("DISK_GB", "local_gb"))


def brief(request: Request, one: Hypervisor, with_servers: bool = False) -> dict[str, Any]:
    service = one.state.service
    shown: dict[str, Any] = {
        "id": service.id if request.at_least("2.53") else service.number,
        "hypervisor_hostname": service.host,
        "state": "up" if one.state.alive else "down",
        "status": "disabled" if service.disabled else "enabled",
    }
    if with_servers and (one.servers or request.at_least("2.75")):
        shown["servers"] = [{"name": name, "uuid": server_id} for server_id, name in one.servers]
    return shown


def full(request: Request, one: Hypervisor, with_servers: bool = False) -> dict[str, Any]:
    service, facts = one.state.service, one.state.facts
    shown = brief(request, one, with_servers) | {
        "hypervisor_type": facts.get("type", ""),
        "hypervisor_version": version_number(facts.get("version", "")),
        "host_ip": one.state.address,
        "service": {
            "id": service.id if request.at_least("2.53") else service.number,
            "host": service.host,
            "disabled_reason": service.disabled_reason,
        },
    }
    if request.at_least("2.88"):
        return shown | {"uptime": uptime(one, request.ctx.now())}
    cpu = {"arch": facts.get("architecture", "x86_64"), "accelerator": facts.get("accelerator")}
    shown["cpu_info"] = cpu if request.at_least("2.28") else json.dumps(cpu)
    return shown | amounts([one])


def uptime(one: Hypervisor, now: datetime) -> str | None:
    """How long the host is up, as the command of that name says it; None when it does not tell, or is not up."""
    booted_at = one.state.facts.get("booted_at")
    if booted_at is None or not one.state.alive:
        return None
    days, seconds = divmod(max(0, int(now.timestamp()) - booted_at), 86400)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{now:%H:%M:%S} up {days} days, {hours:2}:{minutes:02}"


def amounts(found: Sequence[Hypervisor]) -> dict[str, int]:
    """What hypervisors have and use, added up."""
    total = {key: sum(one.total.get(name, 0) for one in found) for name, key in NAMES}
    used = {f"{key}_used": sum(one.used.get(name, 0) for one in found) for name, key in NAMES}
    free_disk = total["local_gb"] - used["local_gb_used"]
    return {
        **total,
        **used,
        "free_ram_mb": total["memory_mb"] - used["memory_mb_used"],
        "free_disk_gb": free_disk,
        "disk_available_least": free_disk,
        "current_workload": 0,
        "running_vms": sum(len(one.servers) for one in found),
    }


def version_number(text: str) -> int:
    """`7.2.1` as the API has it: 7002001."""
    parts = [int(part) for part in text.split(".")[:3] if part.isdecimal()]
    major, minor, micro = (*parts, 0, 0, 0)[:3]
    return (major * 1000 + minor) * 1000 + micro
