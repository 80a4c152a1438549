"""The things done to one domain, one method per `Verb` of the plan."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cupola.compute.host.drivers.config_drive import ensure_config_drive
from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.disks import ensure_root_disk, grow_root_disk
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.images import Images
from cupola.compute.host.drivers.libvirt.binding import binding
from cupola.compute.host.drivers.libvirt.connection import Connection, News, Refused
from cupola.compute.host.drivers.libvirt.domain import (
    NIC,
    VOLUME,
    Surroundings,
    disk_xml,
    domain_xml,
    nic_xml,
    targets,
)
from cupola.compute.host.drivers.libvirt.observation import Domain, domain_of
from cupola.compute.host.drivers.libvirt.settings import LibvirtSettings
from cupola.compute.host.reconcile import Change, Verb
from cupola.compute.model.machine import MachineSpec

ROOT = (0, 0)
"""Who owns the directory of the console's file: who writes it is libvirtd or virtlogd."""


class Life:
    """Starts, changes and ends domains; keeps nothing about them."""

    def __init__(
        self,
        settings: LibvirtSettings,
        state: Path,
        user: Confinement,
        images: Images,
        connection: Connection,
        news: News,
        accelerator: str,
    ) -> None:
        self._settings, self._state, self._user, self._images = settings, state, user, images
        self._connection, self._news, self._accelerator = connection, news, accelerator

    def find(self, server_id: str) -> Domain | None:
        """Return the domain of a server, or None when it has none of ours. Raises HypervisorError."""
        with self._connection.talking("domain looked up") as connection:
            handle = self._handle(connection, server_id)
            return None if handle is None else domain_of(handle, self._state)

    def _handle(self, connection: Any, server_id: str) -> Any:
        """Return the domain with this id, whosever it is, or None. Raises libvirtError."""
        libvirt = binding()
        try:
            return connection.lookupByUUIDString(server_id)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                return None
            raise

    def apply(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Carry out one step of a plan. Raises HypervisorError or OSError."""
        match change.verb:
            case Verb.KILL:
                self.kill(guest, effects)
            case Verb.SHUT_DOWN:
                self._shut_down(guest, effects)
            case Verb.DEFINE:
                self._define(guest, spec, effects)
            case Verb.START:
                self._start(guest, spec, effects)
            case Verb.RESUME:
                self._do(guest, "guest resumed", "virDomainResume", lambda domain: domain.handle.resume(), effects)
            case Verb.PLUG_NIC | Verb.ATTACH_DISK:
                self._plug(change, guest, spec, effects)
            case Verb.UNPLUG_NIC:
                self._unplug("interface unplugged", f"{NIC}{change.subject}", guest, spec, effects)
            case Verb.DETACH_DISK:
                self._unplug("volume detached", f"{VOLUME}{change.subject}", guest, spec, effects)

    def kill(self, guest: Guest, effects: Effects) -> None:
        """End the guest without asking it. Nothing happens when it does not run."""
        domain = self.find(guest.server_id)
        if domain is not None and domain.active:
            with effects.doing("guest process ended", f"virDomainDestroy {guest.server_id}") as outcome:
                outcome.result = "done" if self._still_there(domain.handle.destroy) else "it had ended already"

    def undefine(self, guest: Guest, effects: Effects) -> None:
        """Let libvirt forget a domain that does not run, with all it keeps of it."""
        domain = self.find(guest.server_id)
        if domain is not None:
            libvirt = binding()
            flags = libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
            flags |= libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
            with effects.doing("domain undefined", f"virDomainUndefineFlags {guest.server_id}"):
                self._still_there(lambda: domain.handle.undefineFlags(flags))

    def _shut_down(self, guest: Guest, effects: Effects) -> None:
        """Press the guest's power button until it is off, or the time limit ends it."""
        began, limit, keys = time.monotonic(), self._settings.shutdown_limit, 0
        with effects.doing("guest shut down", f"virDomainShutdownFlags {guest.server_id}") as outcome:
            # A guest that is still booting does not see the key, so it is pressed again.
            while not self._is_off(guest) and time.monotonic() - began < limit:
                keys += 1
                self._press(guest)
            outcome.result = f"off after {keys} key presses"
            if not self._is_off(guest):
                self.kill(guest, Effects())
                outcome.result = f"no reaction to {keys} key presses in {limit:g} s: destroyed"

    def _press(self, guest: Guest) -> None:
        domain = self.find(guest.server_id)
        acpi = binding().VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
        if domain is not None:  # refused also where it is paused, and cannot react now
            self._still_there(lambda: domain.handle.shutdownFlags(acpi))
            self._news.wait_until(lambda: self._is_off(guest), self._settings.key_interval)

    def _is_off(self, guest: Guest) -> bool:
        domain = self.find(guest.server_id)
        return domain is None or not domain.active

    def _start(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Make what is missing and start the domain with all its devices, stopped before its first instruction."""
        user = self._of_guest(guest)
        ensure_root_disk(spec, guest, self._images, user.owner, effects)
        grow_root_disk(spec, guest, user.as_user(), effects)
        ensure_config_drive(spec, guest, user.owner, effects)
        guest.give_to(*user.owner)
        guest.fresh_run(*ROOT)
        self._define(guest, spec, effects)
        paused = binding().VIR_DOMAIN_START_PAUSED
        call = "virDomainCreateWithFlags PAUSED"
        self._do(guest, "guest process", call, lambda domain: domain.handle.createWithFlags(paused), effects)

    def _define(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Tell libvirt of the server, or of what is wanted of it now."""
        image = None if spec.image is None else self._images.path(spec.image)
        around = Surroundings(self._state, self._accelerator, self._of_guest(guest).owner, image)
        xml = domain_xml(spec, guest, around)
        with (
            effects.doing("domain defined", f"virDomainDefineXML {guest.server_id}"),
            self._connection.talking("domain defined") as connection,
        ):
            there = self._handle(connection, guest.server_id)
            if there is not None and domain_of(there, self._state) is None:  # and would become ours
                raise HypervisorError("domain defined", f"there is a domain {there.name()} of its id that is not ours")
            connection.defineXML(xml)

    def _plug(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Plug an interface or a volume into a running guest, unless it was started with it."""
        domain, subject = self._domain(guest), change.subject
        if change.verb is Verb.PLUG_NIC:
            if subject in domain.nics:
                return
            nic = next(nic for nic in spec.nics if nic.port_id == subject)
            what, call, xml = "interface plugged", f"{nic.tap} {subject} {nic.mac}", nic_xml(nic)
        else:
            if subject in domain.disks:
                return
            disk = next(disk for disk in spec.disks if disk.volume_id == subject)
            target = targets(1, domain.targets)[0]
            what, call, xml = "volume attached", f"{disk.path} {subject}", disk_xml(disk, target)
        live = binding().VIR_DOMAIN_AFFECT_LIVE
        call = f"virDomainAttachDeviceFlags LIVE {call}"
        self._do(guest, what, call, lambda domain: domain.handle.attachDeviceFlags(xml, live), effects)
        self._define(guest, spec, effects)

    def _unplug(self, what: str, alias: str, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Ask the guest to let go, and wait until it did; it may still be thinking about an earlier request."""
        limit, live = self._settings.unplug_limit, binding().VIR_DOMAIN_AFFECT_LIVE
        with effects.doing(what, f"virDomainDetachDeviceFlags LIVE {alias}"):
            domain = self._domain(guest)
            xml = domain.device(alias)
            if xml is not None:
                try:
                    with self._connection.talking(what):
                        domain.handle.detachDeviceFlags(xml, live)
                except Refused as refusal:
                    if "in the process of unplug" not in refusal.reason:
                        raise
            if not self._news.wait_until(lambda: self._domain(guest).device(alias) is None, limit):
                raise HypervisorError("unplug", f"the guest did not let go of {alias} within {limit:g} s")
        self._define(guest, spec, effects)

    def _do(self, guest: Guest, what: str, call: str, act: Callable[[Domain], object], effects: Effects) -> None:
        with effects.doing(what, f"{call} {guest.server_id}"):
            domain = self._domain(guest)
            try:
                with self._connection.talking(what):
                    act(domain)
            except Refused as refusal:
                if "managed='no'" not in refusal.reason:
                    raise
                spec = guest.spec()
                taps = ", ".join(nic.tap for nic in spec.nics) if spec else ""
                why = f"libvirtd does not find all of {taps}; it must be in the network namespace that they are in"
                raise HypervisorError(what, why, refusal.reason) from refusal

    def _domain(self, guest: Guest) -> Domain:
        if (domain := self.find(guest.server_id)) is None:
            raise HypervisorError("domain", f"libvirt has no domain of server {guest.server_id} any more")
        return domain

    def _still_there(self, act: Callable[[], object]) -> bool:
        """Do something to a domain; False when it had ended, or was gone, before."""
        libvirt = binding()
        try:
            with self._connection.talking("domain"):
                act()
        except Refused as refusal:
            if refusal.code in (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN):
                return False
            raise
        return True

    def _of_guest(self, guest: Guest) -> Confinement:
        """The user of one guest. The group is libvirt's, which its directories on the host are open to."""
        return replace(self._user.of_guest(guest.server_id), gid=self._user.gid)
