"""The QEMU driver: one process and one directory per server. What it promises is said in `drivers/base.py`."""

from collections.abc import Mapping

from cupola.compute.host.drivers.accelerator import decide
from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.command import run
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest, all_guests
from cupola.compute.host.drivers.images import ImageSource
from cupola.compute.host.drivers.local import CONSOLE_BYTES, CONSOLE_FILE_BYTES, Ended, LocalHypervisor
from cupola.compute.host.drivers.process import Process
from cupola.compute.host.drivers.qemu.life import Life
from cupola.compute.host.drivers.qemu.limits import Limits
from cupola.compute.host.drivers.qemu.observation import Status, ask_status, observed
from cupola.compute.host.drivers.qemu.process import find_all
from cupola.compute.host.drivers.qemu.qmp import Monitors
from cupola.compute.host.drivers.qemu.settings import QemuSettings
from cupola.compute.host.drivers.qemu.watch import Watch
from cupola.compute.host.reconcile import Change
from cupola.compute.model.machine import Machine, MachineSpec


class QemuHypervisor(LocalHypervisor):
    """See the module. One object per state directory; whatever it started outlives it.

    `ended` is called, from a thread of the driver's, when a guest that was observed running runs no more, unless it
    was asked to end.
    """

    def __init__(self, settings: QemuSettings, images: ImageSource, ended: Ended = lambda server_id: None) -> None:
        self._user = user = settings.confinement
        super().__init__(settings.state, user, images)
        self._netns = user.netns_path
        self._version = run(Effects(), "QEMU version", [settings.binary, "--version"]).split()[3].partition("(")[0]
        self._accelerator = decide(
            settings.accelerator, settings.binary, user.as_user(), self._version, self._state / "accelerator.json"
        )
        self._monitors = Monitors()
        self._watch = Watch(self._monitors.loop, ended)
        self._limits = Limits(settings.cgroup, settings.scopes)
        self._life = Life(settings, self._guests, self._cache, self._monitors, self._limits, self._accelerator.name)

    def describe(self) -> HypervisorFacts:
        return self._facts(self._version, self._accelerator, str(self._limits))

    def observe(self) -> Mapping[str, Machine]:
        processes = find_all(self._guests, self._user)
        guests = {guest.server_id: guest for guest in all_guests(self._guests)}
        guests |= {server: Guest(self._guests, server) for server in processes if server not in guests}
        status = self._monitors.query({server: guests[server].monitor for server in processes}, ask_status)
        for guest in guests.values():
            guest.trim_console(CONSOLE_FILE_BYTES, CONSOLE_BYTES)
            if guest.server_id in processes and guest.reached():
                self._watch.over(guest.server_id, processes[guest.server_id])
        return {
            server: self._seen(guest, processes.get(server), status.get(server)) for server, guest in guests.items()
        }

    def close(self) -> None:
        self._watch.close()
        self._monitors.close()
        super().close()

    def _look(self, guest: Guest) -> Machine:
        process = find_all(self._guests, self._user).get(guest.server_id)
        status = self._monitors.query({"": guest.monitor} if process else {}, ask_status)
        return observed(guest, process, status.get(""))

    def _apply(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        self._life.apply(change, guest, spec, effects)

    def _end(self, guest: Guest, effects: Effects) -> None:
        self._life.kill(guest, effects)

    def _expect_end(self, server_id: str) -> None:
        self._watch.forget(server_id)

    def _seen(self, guest: Guest, process: Process | None, status: Status | HypervisorError | None) -> Machine:
        machine = observed(guest, process, status)
        return self._with_losses(machine, guest, process.taps(self._netns) if process and machine.nics else ())
