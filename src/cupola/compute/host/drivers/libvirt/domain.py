"""The XML that libvirt is told of a server: pure functions, so that what is defined can be read and tested."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cupola.compute.host.drivers.guest import Guest
from cupola.compute.model.machine import DiskSpec, ImageRef, MachineSpec, NicSpec

NAMESPACE = "urn:cupola:server"
"""Of what is said about a server in its domain's metadata: `virsh metadata DOMAIN urn:cupola:server`."""

NIC, VOLUME = "ua-nic-", "ua-volume-"
"""What the names of our devices start with; libvirt leaves those alone that start with "ua-"."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Without a bound the translation cache grows to a quarter of the host's memory, for every guest.
_TRANSLATED_MIB = "48"

ElementTree.register_namespace("cupola", NAMESPACE)


@dataclass(frozen=True)
class Surroundings:
    """What a domain depends on beside its spec: whose it is (the driver's state directory), "kvm" or "qemu", the user
    and group that its QEMU runs as, and the image that its root disk lies on.
    """

    state: Path
    accelerator: str
    owner: tuple[int, int]
    image: Path | None


def domain_xml(spec: MachineSpec, guest: Guest, around: Surroundings) -> str:
    """Return the domain with all of its devices."""
    domain = Element("domain", type=around.accelerator)
    _text(domain, "name", spec.server_id)
    _text(domain, "uuid", spec.server_id)
    _text(domain, "title", " ".join(spec.name.split()) or spec.server_id)  # libvirt refuses more than one line
    SubElement(domain, "metadata").append(_metadata(spec, around.state))
    _text(domain, "memory", str(spec.memory_mb), unit="MiB")
    _text(domain, "vcpu", str(spec.vcpus))
    domain.append(_product(spec))
    system = SubElement(domain, "os")
    _text(system, "type", "hvm", arch="x86_64", machine="pc")
    SubElement(system, "smbios", mode="sysinfo")
    features = SubElement(domain, "features")
    SubElement(features, "acpi")
    SubElement(features, "apic")
    if around.accelerator == "qemu":
        _text(SubElement(features, "tcg"), "tb-cache", _TRANSLATED_MIB, unit="MiB")
    SubElement(domain, "cpu", mode="maximum" if around.accelerator == "qemu" else "host-passthrough")
    for event, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{event}", action)
    domain.append(_devices(spec, guest, around.image))
    domain.append(_confinement(*around.owner))
    return ElementTree.tostring(domain, encoding="unicode")


def nic_xml(nic: NicSpec) -> str:
    return ElementTree.tostring(_nic(nic), encoding="unicode")


def disk_xml(disk: DiskSpec, target: str) -> str:
    """`target` names the disk for libvirt alone ("vdb"): guests count for themselves."""
    return ElementTree.tostring(_volume(disk, target, boot=False), encoding="unicode")


def targets(count: int, taken: frozenset[str] = frozenset()) -> list[str]:
    """Return so many names of disks that are not taken."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"vd{first}{last}" for first in ("", *letters) for last in letters]
    return [name for name in names if name not in taken][:count]


def _metadata(spec: MachineSpec, state: Path) -> Element:
    """What `virsh` shows of a server, and by which its domain is known for ours."""
    said = Element(f"{{{NAMESPACE}}}server")
    shown = {
        "id": spec.server_id,
        "name": spec.name,
        "project": spec.project_id,
        "request": spec.created_request_id,
        "directory": str(state),
    }
    for name, text in shown.items():
        _text(said, f"{{{NAMESPACE}}}{name}", text)
    return said


def _product(spec: MachineSpec) -> Element:
    """Guests recognise an OpenStack cloud by the product's name."""
    info = Element("sysinfo", type="smbios")
    system = SubElement(info, "system")
    named = {"manufacturer": "Cupola", "product": "OpenStack Compute", "serial": spec.server_id}
    for name, text in named.items():
        _text(system, "entry", text, name=name)
    return info


def _devices(spec: MachineSpec, guest: Guest, image: Path | None) -> Element:
    devices = Element("devices")
    if spec.image is not None and image is not None:
        devices.append(_root_disk(spec.image, guest, image))
    names = targets(len(spec.disks), frozenset() if spec.image is None else frozenset({"vda"}))
    for number, (disk, name) in enumerate(zip(spec.disks, names, strict=True)):
        devices.append(_volume(disk, name, boot=spec.image is None and number == 0))
    if spec.config_drive is not None:
        devices.append(_config_drive(guest))
    devices.extend(_nic(nic) for nic in spec.nics)
    serial = SubElement(devices, "serial", type="pty")  # for `virsh console`; what it prints is kept in the file
    SubElement(serial, "log", file=str(guest.console), append="on")
    _text(SubElement(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    SubElement(devices, "controller", type="usb", model="none")
    SubElement(devices, "memballoon", model="none")
    return devices


def _root_disk(ref: ImageRef, guest: Guest, image: Path) -> Element:
    disk = _disk("disk", "qcow2", str(guest.disk), "vda", "virtio", "ua-root")
    # Said in full, so that nobody has to believe what the disk, which is the guest's, says of what it lies on.
    backing = SubElement(disk, "backingStore", type="file")
    SubElement(backing, "format", type=ref.disk_format)
    SubElement(backing, "source", file=str(image))
    SubElement(backing, "backingStore")
    SubElement(disk, "boot", order="1")
    return disk


def _volume(volume: DiskSpec, target: str, boot: bool) -> Element:
    disk = _disk("disk", volume.disk_format, volume.path, target, "virtio", f"{VOLUME}{volume.volume_id}")
    SubElement(disk, "backingStore")
    # Guests show the first 20 characters as the disk's serial number: how users tell volumes apart.
    _text(disk, "serial", volume.volume_id[:20])
    if volume.read_only:
        SubElement(disk, "readonly")
    if boot:
        SubElement(disk, "boot", order="1")
    return disk


def _config_drive(guest: Guest) -> Element:
    disk = _disk("cdrom", "raw", str(guest.config_drive), "hda", "ide", "ua-config")
    SubElement(disk, "readonly")
    return disk


def _disk(device: str, disk_format: str, path: str, target: str, bus: str, alias: str) -> Element:
    disk = Element("disk", type="file", device=device)
    driver = SubElement(disk, "driver", name="qemu", type=disk_format)
    if device == "disk":
        driver.set("discard", "unmap")
    SubElement(disk, "source", file=path)
    SubElement(disk, "target", dev=target, bus=bus)
    SubElement(disk, "alias", name=alias)
    return disk


def _nic(nic: NicSpec) -> Element:
    """The tap is there, and stays when the guest ends."""
    interface = Element("interface", type="ethernet")
    SubElement(interface, "mac", address=nic.mac)
    SubElement(interface, "target", dev=nic.tap, managed="no")
    SubElement(interface, "model", type="virtio")
    SubElement(interface, "mtu", size=str(nic.mtu))
    SubElement(interface, "rom", enabled="no")
    SubElement(interface, "alias", name=f"{NIC}{nic.port_id}")
    return interface


def _confinement(uid: int, gid: int) -> Element:
    """Its files are given to that user by us: libvirt would give it the images too, which others lie on."""
    label = Element("seclabel", type="static", model="dac", relabel="no")
    _text(label, "label", f"+{uid}:+{gid}")
    return label


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = _NOT_XML.sub("\ufffd", text)
