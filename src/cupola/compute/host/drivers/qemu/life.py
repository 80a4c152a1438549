"""The things done to one guest, one method per `Verb` of the plan."""

import shlex
import time
from pathlib import Path

from cupola.base.scope import scoped
from cupola.compute.host.drivers.config_drive import ensure_config_drive
from cupola.compute.host.drivers.disks import ensure_root_disk, grow_root_disk
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.images import Images
from cupola.compute.host.drivers.process import Process
from cupola.compute.host.drivers.qemu.arguments import qemu_arguments
from cupola.compute.host.drivers.qemu.devices import attach_disk, detach_disk, plug_nic, unplug_nic
from cupola.compute.host.drivers.qemu.limits import Limits
from cupola.compute.host.drivers.qemu.process import find_all, spawn
from cupola.compute.host.drivers.qemu.qmp import Monitors, listen
from cupola.compute.host.drivers.qemu.settings import QemuSettings
from cupola.compute.host.reconcile import Change, Verb
from cupola.compute.model.machine import MachineSpec

START_LIMIT = 30.0  # seconds until the monitor of a new process answers
QUIT_LIMIT = 5.0  # seconds that QEMU has to flush its disks before it is killed


class Life:
    """Starts, changes and ends guests; keeps nothing about them."""

    def __init__(
        self,
        settings: QemuSettings,
        guests: Path,
        images: Images,
        monitors: Monitors,
        limits: Limits,
        accelerator: str,
    ) -> None:
        self._settings, self._guests, self._images = settings, guests, images
        self._monitors, self._limits, self._accelerator = monitors, limits, accelerator

    def apply(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Carry out one step of a plan. Raises HypervisorError or OSError."""
        subject, settings = change.subject, self._settings
        match change.verb:
            case Verb.KILL:
                self.kill(guest, effects)
            case Verb.SHUT_DOWN:
                self.shut_down(guest, effects)
            case Verb.DEFINE:
                """QEMU has no list of guests: what runs is there."""
            case Verb.START:
                self._start(guest, spec, effects)
            case Verb.RESUME:
                self._resume(guest, effects)
            case Verb.PLUG_NIC:
                nic = next(nic for nic in spec.nics if nic.port_id == subject)
                plug_nic(self._monitors.monitor(guest.monitor), nic, settings.confinement.netns_path, effects)
            case Verb.UNPLUG_NIC:
                unplug_nic(self._monitors.monitor(guest.monitor), subject, settings.unplug_limit, effects)
            case Verb.ATTACH_DISK:
                disk = next(disk for disk in spec.disks if disk.volume_id == subject)
                boot = spec.image is None and disk == spec.disks[0]
                attach_disk(self._monitors.monitor(guest.monitor), disk, boot, effects)
            case Verb.DETACH_DISK:
                detach_disk(self._monitors.monitor(guest.monitor), subject, settings.unplug_limit, effects)

    def kill(self, guest: Guest, effects: Effects) -> None:
        """End the guest without asking it; QEMU itself may flush its disks first. Nothing happens when none runs."""
        if process := self._process(guest):
            with effects.doing("guest process ended", f"quit (pid {process.pid})") as outcome:
                outcome.result = self._quit_or_kill(guest, process)
        self._forget(guest)

    def shut_down(self, guest: Guest, effects: Effects) -> None:
        """Press the guest's power button until it is off, or the time limit ends it."""
        process = self._process(guest)
        if process is None:
            return
        began, limit = time.monotonic(), self._settings.shutdown_limit
        with effects.doing("guest shut down", "system_powerdown") as outcome:
            keys, off = 0, False
            # A guest that is still booting does not see the key, so it is pressed again.
            while not off and time.monotonic() - began < limit:
                keys, off = keys + 1, self._press(guest, process)
            outcome.result = f"off after {keys} key presses"
            if not off:
                ended = self._quit_or_kill(guest, process)
                outcome.result = f"no reaction to {keys} key presses in {limit:g} s: {ended}"
        self._forget(guest)

    def _press(self, guest: Guest, process: Process) -> bool:
        try:
            self._monitors.monitor(guest.monitor).execute("system_powerdown")
        except HypervisorError:
            if not process.end(0):
                raise
        return process.end(self._settings.key_interval)

    def _quit_or_kill(self, guest: Guest, process: Process) -> str:
        try:
            self._monitors.monitor(guest.monitor, limit=QUIT_LIMIT).execute("quit", limit=QUIT_LIMIT)
            if process.end(QUIT_LIMIT):
                return "quit"
            why = f"alive {QUIT_LIMIT:g} s after quit"
        except HypervisorError as error:
            why = error.reason
        process.kill()
        return f"killed ({why})"

    def _start(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Make what is missing and start the process, stopped before its first instruction."""
        confinement = self._settings.confinement.of_guest(guest.server_id)
        ensure_root_disk(spec, guest, self._images, confinement.owner, effects)
        grow_root_disk(spec, guest, confinement.as_user(), effects)
        ensure_config_drive(spec, guest, confinement.owner, effects)
        guest.give_to(*confinement.owner)
        self._forget(guest)
        guest.fresh_run(*confinement.owner)
        self._launch(guest, spec, effects)

    def _launch(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        with listen(guest.monitor) as listener:
            fd = listener.fileno()
            argv = qemu_arguments(self._settings.binary, spec, guest, self._accelerator, fd)
            wrapped = self._settings.confinement.of_guest(guest.server_id).wrapped(argv)
            if self._settings.scopes:
                limits = self._limits.properties(spec)
                wrapped = scoped(f"guest-{guest.server_id}", f"Server {guest.server_id}", wrapped, limits)
            with effects.doing("guest process", shlex.join(wrapped)) as outcome:
                spawn(wrapped, guest.log, [fd])
                listener.close()  # from here on the socket lives and dies with QEMU
                try:
                    self._monitors.monitor(guest.monitor, START_LIMIT)
                except HypervisorError as error:
                    raise HypervisorError("guest process", error.reason, guest.tail(guest.log, 4000)) from error
                if (process := self._process(guest)) is None:
                    raise HypervisorError("guest process", "QEMU ended", guest.tail(guest.log, 4000))
                self._limits.apply(spec, process.pid)
                outcome.result = f"pid {process.pid}"

    def _resume(self, guest: Guest, effects: Effects) -> None:
        monitor = self._monitors.monitor(guest.monitor)
        with effects.doing("guest resumed", "cont"):
            if monitor.execute("query-status")["status"] == "prelaunch":
                monitor.execute("system_reset")  # the firmware takes what was plugged since for built in
            monitor.execute("cont")

    def _process(self, guest: Guest) -> Process | None:
        return find_all(self._guests, self._settings.confinement).get(guest.server_id)

    def _forget(self, guest: Guest) -> None:
        """Clear what is left of a process that has ended."""
        self._monitors.drop(guest.monitor)
        self._limits.remove(guest.server_id)
        guest.pidfile.unlink(missing_ok=True)
