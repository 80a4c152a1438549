"""Servers as clients see them, at each microversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cupola.base.clock import iso
from cupola.base.context import Context
from cupola.base.http.request import Request
from cupola.compute.api.views.links import links
from cupola.compute.model.server import Details, Server, host_id
from cupola.compute.model.states import BUILDING
from cupola.compute.policies import servers as policies

PROGRESS = {"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"}
"""Statuses shown with a progress: 100 once there is nothing left to do."""


@dataclass(frozen=True)
class Sight:
    """What the caller may see beyond the ordinary; asked once for a whole list."""

    extended: bool
    extra_specs: bool
    host_status: str

    @classmethod
    def of(cls, ctx: Context, target: Server | None = None) -> Sight:
        unknown_only = "unknown" if ctx.may(policies.SHOW_HOST_STATUS_UNKNOWN, target) else "none"
        return cls(
            extended=ctx.may(policies.SHOW_EXTENDED, target),
            extra_specs=ctx.may(policies.SHOW_EXTRA_SPECS, target),
            host_status="any" if ctx.may(policies.SHOW_HOST_STATUS, target) else unknown_only,
        )


def brief(request: Request, server: Server) -> dict[str, Any]:
    """An entry of the short list."""
    return {"id": server.id, "name": server.name, "links": links(request, "servers", server.id)}


def accepted(request: Request, server: Server, groups: Sequence[str], admin_pass: str) -> dict[str, Any]:
    """What the one hears who asked for it."""
    return {
        "id": server.id,
        "links": links(request, "servers", server.id),
        "OS-DCF:diskConfig": server.disk_config,
        "security_groups": [{"name": name} for name in groups],
        "adminPass": admin_pass,
    }


def shown(request: Request, details: Details) -> dict[str, Any]:
    """A server by itself."""
    view = detailed(request, details, Sight.of(request.ctx, details.server))
    if request.at_least("2.71"):
        view["server_groups"] = []
    return view


def updated(request: Request, details: Details) -> dict[str, Any]:
    """A server after a change: before 2.75 without what other services and the host know."""
    view = shown(request, details)
    if request.at_least("2.75"):
        return view
    hidden = ("OS-EXT-AZ:", "OS-SRV-USG:", "OS-EXT-STS:", "OS-EXT-SRV-ATTR:", "os-extended-volumes:")
    names = {"config_drive", "key_name", "security_groups", "host_status"}
    view = {name: value for name, value in view.items() if name not in names and not name.startswith(hidden)}
    view["addresses"] = addresses(details, brief=True)
    return view


def detailed(request: Request, details: Details, sight: Sight) -> dict[str, Any]:
    """An entry of the long list."""
    server = details.server
    view: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "tenant_id": server.project_id,
        "user_id": server.user_id or "",
        "metadata": dict(server.metadata),
        "hostId": host_id(server.project_id, server.host),
        "image": {"id": server.image_id, "links": links(request, "images", server.image_id)[1:]},
        "flavor": _flavor(request, server, sight),
        "created": iso(server.created_at),
        "updated": iso(server.updated_at),
        "addresses": addresses(details),
        "accessIPv4": server.access_ip_v4 or "",
        "accessIPv6": server.access_ip_v6 or "",
        "links": links(request, "servers", server.id),
        "OS-DCF:diskConfig": server.disk_config,
        "OS-EXT-AZ:availability_zone": details.zone,
        "config_drive": "True" if server.config_drive else "",
        "key_name": server.key_name,
        "OS-SRV-USG:launched_at": _moment(server.launched_at),
        "OS-SRV-USG:terminated_at": _moment(server.deleted_at),
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": int(server.power_state),
        "os-extended-volumes:volumes_attached": [],
    }
    if details.security_groups:
        view["security_groups"] = [{"name": name} for _, name in details.security_groups]
    if view["status"] in PROGRESS:
        view["progress"] = 0
    if view["status"] in ("ERROR", "DELETED") and server.fault is not None:
        view["fault"] = _fault(request, server.fault)
    if sight.extended:
        view |= _extended(request, server)
    return view | _later(request, details, sight)


def _later(request: Request, details: Details, sight: Sight) -> dict[str, Any]:
    """What microversions added."""
    server, view = details.server, dict[str, Any]()
    if request.at_least("2.9"):
        view["locked"] = server.locked
    if request.at_least("2.16") and (
        sight.host_status == "any" or (sight.host_status == "unknown" and details.host_status == "UNKNOWN")
    ):
        view["host_status"] = details.host_status
    if request.at_least("2.19"):
        view["description"] = server.description
    if request.at_least("2.26"):
        view["tags"] = sorted(server.tags)
    if request.at_least("2.63"):
        view["trusted_image_certificates"] = None
    if request.at_least("2.73"):
        view["locked_reason"] = server.locked_reason
    if request.at_least("2.90"):
        view["OS-EXT-SRV-ATTR:hostname"] = server.hostname
    if request.at_least("2.96"):
        view["pinned_availability_zone"] = server.availability_zone
    return view


def _extended(request: Request, server: Server) -> dict[str, Any]:
    names: dict[str, Any] = {
        "host": server.host,
        "instance_name": server.id if server.host else "",
        "hypervisor_hostname": server.host,
    }
    if request.at_least("2.3"):
        names |= {
            "hostname": server.hostname,
            "kernel_id": "",
            "ramdisk_id": "",
            "launch_index": server.launch_index,
            "reservation_id": server.reservation_id,
            "root_device_name": "/dev/vda" if server.launched_at else None,
            "user_data": server.user_data,
        }
    return {f"OS-EXT-SRV-ATTR:{name}": value for name, value in names.items()}


def _flavor(request: Request, server: Server, sight: Sight) -> dict[str, Any]:
    flavor = server.flavor
    if not request.at_least("2.47"):
        return {"id": server.flavor_id, "links": links(request, "flavors", server.flavor_id)[1:]}
    copy = {name: flavor[name] for name in ("vcpus", "ram", "disk", "ephemeral", "swap")}
    copy["original_name"] = flavor["name"]
    return copy | ({"extra_specs": flavor["extra_specs"]} if sight.extra_specs else {})


def _fault(request: Request, fault: Any) -> dict[str, Any]:
    shown = {name: fault[name] for name in ("code", "created", "message")}
    return shown | ({"details": fault["details"]} if request.ctx.is_admin or fault["code"] != 500 else {})


def addresses(details: Details, brief: bool = False) -> dict[str, list[dict[str, Any]]]:
    """Addresses by network; `brief` without kind and MAC address. A server that is being built shows none."""
    if details.server.vm_state == BUILDING:
        return {}
    by_network: dict[str, list[dict[str, Any]]] = {}
    for one in details.addresses:
        entry: dict[str, Any] = {"version": one.version, "addr": one.address}
        if not brief:
            entry |= {"OS-EXT-IPS:type": one.kind, "OS-EXT-IPS-MAC:mac_addr": one.mac}
        by_network.setdefault(one.network, []).append(entry)
    return by_network


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%f")
