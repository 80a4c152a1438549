"""Interfaces and volumes of a guest: plugged and unplugged over its monitor, whether it executes already or not."""

import os
from collections.abc import Iterable
from functools import partial
from typing import Any

from qemu.qmp import QMPClient

from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.qemu.qmp import CommandRefused, Monitor, MonitorError
from cupola.compute.host.drivers.qemu.tap import open_tap
from cupola.compute.model.machine import DiskSpec, NicSpec

_NIC, _DISK = "nic-", "volume-"  # what the ids of our devices start with


def plug_nic(monitor: Monitor, nic: NicSpec, netns: str | None, effects: Effects) -> None:
    """Plug an interface. The tap is opened by us and handed over: QEMU itself may not open any."""
    _tidy(monitor, "netdev_del", {"id": f"net-{nic.port_id}"})
    with effects.doing("interface plugged", f"netdev_add tap {nic.tap}, device_add {nic.port_id} {nic.mac}"):
        tap = open_tap(nic.tap, netns)
        try:
            monitor.give(f"tap-{nic.port_id}", tap)
        finally:
            os.close(tap)
        backend = {"type": "tap", "id": f"net-{nic.port_id}", "fd": f"tap-{nic.port_id}", "vhost": False}
        monitor.execute("netdev_add", backend)
        device = {"driver": "virtio-net-pci", "id": f"{_NIC}{nic.port_id}", "netdev": backend["id"], "mac": nic.mac}
        try:
            monitor.execute("device_add", {**device, "host_mtu": nic.mtu, "romfile": ""})
        except HypervisorError:
            _tidy(monitor, "netdev_del", {"id": f"net-{nic.port_id}"})
            raise


def unplug_nic(monitor: Monitor, port_id: str, limit: float, effects: Effects) -> None:
    """Unplug an interface; raises HypervisorError when the guest does not let go of it within `limit` seconds."""
    with effects.doing("interface unplugged", f"device_del, netdev_del {port_id}"):
        _unplug(monitor, f"{_NIC}{port_id}", limit)
        monitor.execute("netdev_del", {"id": f"net-{port_id}"})


def attach_disk(monitor: Monitor, disk: DiskSpec, boot: bool, effects: Effects) -> None:
    """Attach a volume; with `boot` the guest may start from it."""
    node = f"node-{disk.volume_id[:20]}"  # node names end at 31 characters
    _tidy(monitor, "blockdev-del", {"node-name": node})
    with effects.doing("volume attached", f"blockdev-add {disk.path}, device_add {disk.volume_id}"):
        file = {"driver": "file", "filename": disk.path, "aio": "threads", "discard": "unmap"}
        common = {"node-name": node, "read-only": disk.read_only, "discard": "unmap"}
        monitor.execute("blockdev-add", {"driver": disk.disk_format, "file": file, **common})
        device = {"driver": "virtio-blk-pci", "id": f"{_DISK}{disk.volume_id}", "drive": node}
        try:
            # Guests show the first 20 characters as the disk's serial number: how users tell volumes apart.
            serial = {"serial": disk.volume_id[:20], **({"bootindex": 1} if boot else {})}
            monitor.execute("device_add", {**device, **serial})
        except HypervisorError:
            _tidy(monitor, "blockdev-del", {"node-name": node})
            raise


def detach_disk(monitor: Monitor, volume_id: str, limit: float, effects: Effects) -> None:
    """Detach a volume; raises HypervisorError when the guest does not let go of it within `limit` seconds."""
    with effects.doing("volume detached", f"device_del, blockdev-del {volume_id}"):
        _unplug(monitor, f"{_DISK}{volume_id}", limit)
        monitor.execute("blockdev-del", {"node-name": f"node-{volume_id[:20]}"})


async def plugged(client: QMPClient) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the port ids and the volume ids of what is plugged now, in the order of the guest's PCI slots."""
    buses: Any = await client.execute("query-pci")
    devices = sorted(buses[0]["devices"], key=lambda device: device["slot"])
    names = [device["qdev_id"] for device in devices]
    return _ids(names, _NIC), _ids(names, _DISK)


def _ids(names: Iterable[str], prefix: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _unplug(monitor: Monitor, device: str, limit: float) -> None:
    """Ask the guest to let go, and wait until it did; it may still be thinking about an earlier request."""
    asked = "in the process of unplug"
    try:
        monitor.execute_until("device_del", {"id": device}, "DEVICE_DELETED", partial(_names, device), limit, asked)
    except MonitorError:
        raise HypervisorError("unplug", f"the guest did not let go of {device} within {limit:g} s") from None


def _names(device: str, data: object) -> bool:
    return isinstance(data, dict) and data.get("device") == device


def _tidy(monitor: Monitor, command: str, arguments: dict[str, str]) -> None:
    """Remove the half of a device that an earlier, interrupted attempt may have left."""
    try:
        monitor.execute(command, arguments)
    except CommandRefused as refusal:
        if "not found" not in refusal.reason and "Failed to find" not in refusal.reason:
            raise
