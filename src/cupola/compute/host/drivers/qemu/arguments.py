"""QEMU's command line for one server: a pure function, so that what is started can be read and tested.

Interfaces and volumes are not in it: they are plugged over the monitor before the guest's first instruction, the same
way as later ones. Before that the machine is reset, so to the guest they were there from the start.
"""

from pathlib import Path

from cupola.compute.host.drivers.guest import Guest
from cupola.compute.model.machine import MachineSpec

SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
# Without a bound the translation cache grows to a quarter of the host's memory, for every guest.
ACCELERATORS = {"kvm": ("kvm", "host"), "qemu": ("tcg,tb-size=48", "max")}


def qemu_arguments(binary: str, spec: MachineSpec, guest: Guest, accelerator: str, monitor_fd: int) -> list[str]:
    """Return the arguments for `spec`, with its files in `guest`; `accelerator` is "kvm" or "qemu" (translation).

    `monitor_fd` is a listening socket that QEMU inherits.
    """
    accel, cpu = ACCELERATORS[accelerator]
    return [
        binary,
        *("-name", f"guest={_value(f'{spec.server_id} {spec.created_request_id}'.strip())},debug-threads=on"),
        *("-uuid", spec.server_id),
        # Guests recognise an OpenStack cloud by the product's name.
        *("-smbios", f"type=1,manufacturer=Cupola,product=OpenStack Compute,serial={spec.server_id}"),
        *("-machine", "pc"),
        *("-accel", accel),
        *("-cpu", cpu),
        *("-smp", str(spec.vcpus)),
        *("-m", f"{spec.memory_mb}M"),
        *("-S", "-nodefaults", "-no-user-config"),
        *("-display", "none", "-vga", "none"),
        *("-sandbox", SANDBOX),
        *("-msg", "timestamp=on"),
        *("-pidfile", str(guest.pidfile)),
        *("-chardev", f"socket,id=monitor,fd={monitor_fd},server=on,wait=off"),
        *("-mon", "chardev=monitor,mode=control"),
        *("-chardev", f"file,id=console,path={_value(guest.console)},append=on"),
        *("-serial", "chardev:console"),
        *("-device", "virtio-rng-pci"),
        *_root_disk(spec, guest),
        *_config_drive(spec, guest),
    ]


def _root_disk(spec: MachineSpec, guest: Guest) -> list[str]:
    if spec.image is None:
        return []
    return [
        *("-blockdev", f"driver=file,node-name=root-file,filename={_value(guest.disk)},aio=threads,discard=unmap"),
        *("-blockdev", "driver=qcow2,node-name=root,file=root-file,discard=unmap"),
        *("-device", "virtio-blk-pci,drive=root,id=root-disk,bootindex=0"),
    ]


def _config_drive(spec: MachineSpec, guest: Guest) -> list[str]:
    if spec.config_drive is None:
        return []
    return [
        *("-blockdev", f"driver=file,node-name=config-file,filename={_value(guest.config_drive)},read-only=on"),
        *("-blockdev", "driver=raw,node-name=config,file=config-file,read-only=on"),
        *("-device", "ide-cd,drive=config,id=config-drive"),
    ]


def _value(text: str | Path) -> str:
    """Write a value inside an option list, where a comma is doubled."""
    return str(text).replace(",", ",,")
