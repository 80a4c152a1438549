"""The libvirt driver: one persistent domain and one directory per server.

Domains that are not of this driver's state directory are left alone, whoever made them. What the driver promises is
said in `drivers/base.py`.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

from cupola.compute.host.drivers.accelerator import decide
from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest, all_guests
from cupola.compute.host.drivers.images import ImageSource
from cupola.compute.host.drivers.libvirt.connection import Connection, News
from cupola.compute.host.drivers.libvirt.host import dotted, may_be_apart, user_of, why_it_stalls
from cupola.compute.host.drivers.libvirt.life import Life
from cupola.compute.host.drivers.libvirt.observation import Domain, domains_of, observed, qemu_processes
from cupola.compute.host.drivers.libvirt.settings import LibvirtSettings, is_local
from cupola.compute.host.drivers.local import CONSOLE_BYTES, CONSOLE_FILE_BYTES, Ended, LocalHypervisor
from cupola.compute.host.drivers.process import Process
from cupola.compute.host.reconcile import Change
from cupola.compute.model.machine import Machine, MachineSpec

log = logging.getLogger(__name__)


class LibvirtHypervisor(LocalHypervisor):
    """See the module. `ended` is called, from a thread of libvirt's, when a guest that was observed running runs no
    more, unless it was asked to end.
    """

    def __init__(self, settings: LibvirtSettings, images: ImageSource, ended: Ended = lambda server_id: None) -> None:
        if not is_local(settings.uri):
            raise HypervisorError("libvirt", f"{settings.uri} is not the system's libvirtd on this machine")
        self._news = News(ended)
        self._connection = Connection(settings.uri, self._news)
        with self._connection.talking("libvirt") as connection:
            about = ElementTree.fromstring(connection.getCapabilities())  # noqa: S314 - libvirtd is who says it
            self._version, library = dotted(connection.getVersion()), dotted(connection.getLibVersion())
        user = user_of(about)
        super().__init__(settings.state, user, images)
        self._accelerator = decide(
            settings.accelerator, settings.binary, user.as_user(), self._version, self._state / "accelerator.json"
        )
        user = replace(user, apart=settings.apart and may_be_apart(self._accelerator.name))
        models = [model.text or "" for model in about.iterfind("host/secmodel/model")]
        self._limits = f"libvirt {library}: {', '.join(model for model in models if model != 'none')}"
        self._life = Life(
            settings, self._state, user, self._cache, self._connection, self._news, self._accelerator.name
        )
        if why := why_it_stalls(about, user):
            log.warning("%s", why)

    def describe(self) -> HypervisorFacts:
        return self._facts(self._version, self._accelerator, self._limits)

    def observe(self) -> Mapping[str, Machine]:
        with self._connection.talking("domains listed") as connection:
            domains = domains_of(connection, self._state)
        guests = {guest.server_id: guest for guest in all_guests(self._guests)}
        guests |= {server: Guest(self._guests, server) for server in domains if server not in guests}
        running = qemu_processes()
        for guest in guests.values():
            guest.trim_console(CONSOLE_FILE_BYTES, CONSOLE_BYTES)
            if (domain := domains.get(guest.server_id)) and domain.active and guest.reached():
                self._news.over(guest.server_id)
        return {server: self._seen(guest, domains.get(server), running.get(server)) for server, guest in guests.items()}

    def close(self) -> None:
        self._connection.close()
        super().close()

    def _look(self, guest: Guest) -> Machine:
        return observed(guest, self._life.find(guest.server_id), qemu_processes().get(guest.server_id))

    def _apply(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        self._life.apply(change, guest, spec, effects)

    def _end(self, guest: Guest, effects: Effects) -> None:
        self._life.kill(guest, effects)
        self._life.undefine(guest, effects)

    def _expect_end(self, server_id: str) -> None:
        self._news.forget(server_id)

    def _seen(self, guest: Guest, domain: Domain | None, process: Process | None) -> Machine:
        machine = observed(guest, domain, process)
        # libvirtd's namespace, and so its QEMU's, is that of the taps, or it could not have been started.
        taps = process.taps(f"/proc/{process.pid}/ns/net") if process and machine.nics else ()
        return self._with_losses(machine, guest, taps)
