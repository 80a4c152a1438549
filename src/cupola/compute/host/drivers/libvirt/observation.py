"""From what libvirt says of a domain to the `Machine` that is reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.libvirt.binding import binding
from cupola.compute.host.drivers.libvirt.domain import NAMESPACE, NIC, VOLUME
from cupola.compute.host.drivers.process import Process, processes
from cupola.compute.model.machine import Machine, Power

# libvirt's states (virDomainState) by number; those not named are kinds of pause.
_POWERS: dict[int, Power] = {1: "running", 2: "running", 4: "shutdown", 5: "shutdown", 6: "crashed"}
_RUNS = (1, 2, 3, 4, 7)  # QEMU is there: running, blocked, paused, shutting down, suspended by the guest
_SHUT_OFF, _DESTROYED = 5, 2
_FAILURES = {3: "QEMU ended without having been asked to (libvirt: crashed)", 6: "libvirt could not start it"}


@dataclass(frozen=True)
class Domain:
    """One domain of ours as libvirt has it; `state` and `reason` are numbers of libvirt's."""

    handle: Any
    server_id: str
    state: int
    reason: int
    persistent: bool
    accelerator: str
    xml: ElementTree.Element

    @property
    def active(self) -> bool:
        return self.state in _RUNS

    @property
    def nics(self) -> tuple[str, ...]:
        return self._named("interface", NIC)

    @property
    def disks(self) -> tuple[str, ...]:
        return self._named("disk", VOLUME)

    @property
    def targets(self) -> frozenset[str]:
        """The names of its disks that are taken."""
        return frozenset(target.get("dev", "") for target in self.xml.iterfind("devices/disk/target"))

    def device(self, alias: str) -> str | None:
        """Return the XML of a device by its name, or None."""
        for device in self.xml.iterfind("devices/*"):
            if _alias(device) == alias:
                return ElementTree.tostring(device, encoding="unicode")
        return None

    def _named(self, tag: str, prefix: str) -> tuple[str, ...]:
        names = [_alias(device) for device in self.xml.iterfind(f"devices/{tag}")]
        return tuple(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def domain_of(handle: Any, state: Path) -> Domain | None:
    """Return the domain if it is one of the driver whose directory is `state`. Raises libvirtError."""
    xml = ElementTree.fromstring(handle.XMLDesc(0))  # noqa: S314 - libvirtd is who says it
    said = xml.find(f"metadata/{{{NAMESPACE}}}server")
    if said is None or said.findtext(f"{{{NAMESPACE}}}directory") != str(state):
        return None
    power, reason = handle.state()
    accelerator = "kvm" if xml.get("type") == "kvm" else "qemu"
    return Domain(handle, handle.UUIDString(), power, reason, bool(handle.isPersistent()), accelerator, xml)


def domains_of(connection: Any, state: Path) -> dict[str, Domain]:
    """Return all domains of the driver, by server id. Raises libvirtError."""
    libvirt, found = binding(), {}
    for handle in connection.listAllDomains():
        try:
            domain = domain_of(handle, state)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:  # it went meanwhile
                continue
            raise
        if domain is not None:
            found[domain.server_id] = domain
    return found


def qemu_processes() -> Mapping[str, Process]:
    """Return the QEMU processes of this machine by the UUID they were started with."""
    return {uuid: process for process in processes() if (uuid := process.option("-uuid"))}


def observed(guest: Guest, domain: Domain | None, process: Process | None) -> Machine:
    """Return the machine; `process` is its QEMU's."""
    generation = guest.reached()
    if domain is None:
        reason = "libvirt does not know its domain: somebody undefined it" if guest.was_there() else None
        return Machine(guest.server_id, generation, "shutdown", reason=reason, undefined=True)
    return Machine(
        guest.server_id,
        generation,
        _power(domain),
        process.pid if process and domain.active else None,
        domain.nics if domain.active else (),
        domain.disks if domain.active else (),
        accelerator=domain.accelerator if domain.active else None,
        reason=_reason(guest, domain),
        undefined=not domain.persistent,
    )


def _power(domain: Domain) -> Power:
    if domain.state == _SHUT_OFF and domain.reason in _FAILURES:
        return "crashed"
    return _POWERS.get(domain.state, "paused")


def _reason(guest: Guest, domain: Domain) -> str | None:
    if domain.state == _SHUT_OFF:
        spec = guest.spec()
        if domain.reason == _DESTROYED and spec is not None and spec.power == "running":
            return "somebody destroyed its domain"
        return _FAILURES.get(domain.reason)
    return None if domain.state in (1, 2) else f"libvirt's state is {domain.state}, for reason {domain.reason}"


def _alias(device: ElementTree.Element) -> str:
    alias = device.find("alias")
    return "" if alias is None else alias.get("name", "")
