"""What listeners are told of servers: nova's versioned notifications of instances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import cupola.network.interface as network
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.events.record import Tell, Told
from cupola.compute.model.server import Server
from cupola.compute.store import servers as store

_POWER = {0: "pending", 1: "running", 3: "paused", 4: "shutdown", 6: "crashed"}

PAYLOADS = {"create": ("InstanceCreatePayload", "1.12")}
ACTION = ("InstanceActionPayload", "1.8")


def _tell(
    action: str, tx: Transaction, ctx: Context, server_id: str, phase: str, error: Mapping[str, Any] | None
) -> Told | None:
    server = store.find(tx, server_id)
    if server is None:
        return None
    data = _data(tx, ctx, server) | {"fault": _fault(error, ctx) if phase == "error" else None}
    name, version = PAYLOADS.get(action, ACTION)
    if action == "create":
        data |= {"tags": list(server.tags), "trusted_image_certificates": None, "instance_name": server.name}
        data |= {"keypairs": []}
    publisher = f"nova-compute:{server.host}" if server.host else "nova-api:cupola"
    return Told(f"instance.{action}.{phase}", publisher, _object(name, version, data), phase == "error")


TELLS: dict[str, Tell] = {
    f"compute.{operation}_server": partial(_tell, action)
    for operation, action in (
        ("create", "create"),
        ("delete", "delete"),
        ("start", "power_on"),
        ("stop", "power_off"),
        ("reboot", "reboot"),
    )
}
"""What is told of each operation."""


def _object(name: str, version: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "nova_object.name": name,
        "nova_object.namespace": "nova",
        "nova_object.version": version,
        "nova_object.data": data,
    }


def _data(tx: Transaction, ctx: Context, server: Server) -> dict[str, Any]:
    flavor, image = server.flavor, server.image
    return {
        "uuid": server.id,
        "display_name": server.name,
        "display_description": server.description,
        "host_name": server.hostname,
        "host": server.host,
        "node": server.host,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "state": server.vm_state,
        "task_state": server.task_state,
        "power_state": _POWER.get(server.power_state, "pending"),
        "created_at": _moment(server.created_at),
        "updated_at": _moment(server.updated_at),
        "launched_at": _moment(server.launched_at),
        "terminated_at": _moment(server.deleted_at),
        "deleted_at": _moment(server.deleted_at),
        "image_uuid": server.image_id,
        "architecture": image.get("architecture") or image.get("hw_architecture"),
        "os_type": image.get("os_type"),
        "kernel_id": "",
        "ramdisk_id": "",
        "key_name": server.key_name,
        "metadata": dict(server.metadata),
        "locked": server.locked,
        "locked_reason": server.locked_reason,
        "auto_disk_config": server.disk_config,
        "availability_zone": server.availability_zone,
        "reservation_id": server.reservation_id,
        "progress": 0,
        "block_devices": [],
        "ip_addresses": [_address(each) for each in network.addresses_of(tx, [server.id])[server.id]],
        "flavor": _flavor(server.flavor_id, flavor),
        "request_id": ctx.request_id,
        "action_initiator_user": ctx.user_id,
        "action_initiator_project": ctx.project_id,
    }


def _address(address: network.ServerAddress) -> dict[str, Any]:
    data = {
        "address": address.address,
        "version": address.version,
        "mac": address.mac,
        "port_uuid": address.port_id,
        "label": address.network,
        "device_name": f"tap{address.port_id[:11]}",
        "meta": {},
    }
    return _object("IpPayload", "1.0", data)


def _flavor(flavor_id: str, flavor: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "flavorid": flavor_id,
        "name": flavor.get("name"),
        "memory_mb": flavor.get("ram"),
        "vcpus": flavor.get("vcpus"),
        "root_gb": flavor.get("disk"),
        "ephemeral_gb": flavor.get("ephemeral", 0),
        "swap": flavor.get("swap", 0),
        "rxtx_factor": flavor.get("rxtx_factor", 1.0),
        "vcpu_weight": 0,
        "disabled": False,
        "is_public": flavor.get("is_public", True),
        "extra_specs": dict(flavor.get("extra_specs") or {}),
        "projects": None,
        "description": flavor.get("description"),
    }
    return _object("FlavorPayload", "1.4", data)


def _fault(error: Mapping[str, Any] | None, ctx: Context) -> dict[str, Any] | None:
    if error is None:
        return None
    data = {
        "exception": error.get("code", ""),
        "exception_message": error.get("message", ""),
        "function_name": error.get("step", ""),
        "module_name": "cupola",
        "traceback": "",
    }
    return _object("ExceptionPayload", "1.1", data)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
