"""The QEMU driver: one process and one directory per server. What it promises is said in `drivers/base.py`."""

import os
import shutil
import stat
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.effects import Effect, Effects
from cupola.compute.host.drivers.errors import HypervisorError, UnknownServer
from cupola.compute.host.drivers.generations import GenerationFile
from cupola.compute.host.drivers.qemu.accelerator import decide
from cupola.compute.host.drivers.qemu.command import run
from cupola.compute.host.drivers.qemu.guest import Guest, all_guests, sweep
from cupola.compute.host.drivers.qemu.images import Images, ImageSource
from cupola.compute.host.drivers.qemu.life import Life
from cupola.compute.host.drivers.qemu.limits import Limits
from cupola.compute.host.drivers.qemu.observation import Status, ask_status, observed
from cupola.compute.host.drivers.qemu.process import Process, find_all
from cupola.compute.host.drivers.qemu.qmp import Monitors
from cupola.compute.host.drivers.qemu.settings import QemuSettings
from cupola.compute.host.drivers.qemu.watch import Ended, Watch
from cupola.compute.host.reconcile import changes, refuse_conflict
from cupola.compute.model.machine import Machine, MachineSpec

CONSOLE_BYTES = 100 << 10  # what the console output of a server shows at most
CONSOLE_FILE_BYTES = 4 << 20  # where the file behind it is cut


class QemuHypervisor:
    """See the module. One object per state directory; whatever it started outlives it.

    `ended` is called, from a thread of the driver's, when a guest that was observed running runs no more, unless it
    was asked to end.
    """

    def __init__(self, settings: QemuSettings, images: ImageSource, ended: Ended = lambda server_id: None) -> None:
        state, user = settings.state.resolve(), settings.confinement
        self._state, self._guests, self._netns = state, state / "guests", user.netns_path
        for directory, mode in ((state, 0o711), (self._guests, 0o711), (state / "images", 0o711)):
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
        _require_passage(self._guests, user.owner)
        sweep(self._guests)
        self._version = run(Effects(), "QEMU version", [settings.binary, "--version"]).split()[3].partition("(")[0]
        self._accelerator = decide(
            settings.accelerator, settings.binary, user.as_user(), self._version, state / "accelerator.json"
        )
        self._generations = GenerationFile(state / "generations.db")
        self._monitors = Monitors()
        self._watch = Watch(self._monitors.loop, ended)
        self._limits = Limits(settings.cgroup)
        self._cache = Images(state / "images", images, user.as_user())
        self._life = Life(settings, self._guests, self._cache, self._monitors, self._limits, self._accelerator.name)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def describe(self) -> HypervisorFacts:
        pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return HypervisorFacts(
            type="QEMU",
            version=self._version,
            vcpus=len(os.sched_getaffinity(0)),
            memory_mb=pages * page >> 20,
            disk_gb=shutil.disk_usage(self._state).total >> 30,
            accelerator=self._accelerator.name,
            why=self._accelerator.why,
            limits=str(self._limits),
        )

    def observe(self) -> Mapping[str, Machine]:
        processes = find_all(self._guests)
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

    def ensure(self, spec: MachineSpec) -> list[Effect]:
        guest = Guest(self._guests, spec.server_id)
        with self._locks[spec.server_id], _reported("server ensured") as effects:
            self._generations.admit(spec.server_id, spec.generation)
            refuse_conflict(guest.spec(), spec)
            first_time = not guest.was_there()
            try:
                guest.record(spec)
                self._converge(guest, spec, effects)
            except (HypervisorError, OSError):
                if first_time:
                    self._remove(guest, effects)
                raise
            guest.mark_reached(spec.generation)
            return effects

    def ensure_gone(self, server_id: str, generation: int | None = None) -> list[Effect]:
        guest = Guest(self._guests, server_id)
        with self._locks[server_id], _reported("server deleted") as effects:
            self._generations.bury(server_id, generation)
            self._remove(guest, effects)
            self._cache.forget_idle({image for other in all_guests(self._guests) if (image := other.image())})
            return effects

    def reboot(self, server_id: str, hard: bool) -> list[Effect]:
        guest = Guest(self._guests, server_id)
        with self._locks[server_id], _reported("reboot") as effects:
            spec = self._known(guest)
            if spec.power != "running":
                raise HypervisorError("reboot", f"server {server_id} is wanted {spec.power}")
            self._watch.forget(server_id)
            guest.unmark()  # should we end here, the server is found unfinished and is started again
            if hard:
                self._life.kill(guest, effects)
            else:
                self._life.shut_down(guest, effects)
            self._converge(guest, spec, effects)
            guest.mark_reached(spec.generation)
            return effects

    def console_output(self, server_id: str, lines: int | None = None) -> str:
        guest = Guest(self._guests, server_id)
        self._known(guest)
        text = guest.tail(guest.console, CONSOLE_BYTES)
        return text if lines is None else "".join(text.splitlines(keepends=True)[-lines:] if lines > 0 else [])

    def close(self) -> None:
        self._watch.close()
        self._monitors.close()
        self._generations.close()

    def _converge(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        if spec.power == "shutdown":
            self._watch.forget(guest.server_id)
        process = find_all(self._guests).get(guest.server_id)
        status = self._monitors.query({"": guest.monitor} if process else {}, ask_status)
        for change in changes(spec, observed(guest, process, status.get(""))):
            self._life.apply(change, guest, spec, effects)

    def _seen(self, guest: Guest, process: Process | None, status: Status | HypervisorError | None) -> Machine:
        """Return the machine with what it lost: of its disk, and of what its interfaces are plugged into."""
        machine, spec = observed(guest, process, status), guest.spec()
        held = process.taps(self._netns) if process and machine.nics else set()
        plugged = [nic for nic in spec.nics if nic.port_id in machine.nics] if spec else []
        cut_off = tuple(nic.port_id for nic in plugged if nic.tap not in held)
        return replace(machine, lost=guest.lost(), cut_off=cut_off)

    def _remove(self, guest: Guest, effects: Effects) -> None:
        self._watch.forget(guest.server_id)
        self._life.kill(guest, effects)
        if guest.directory.exists():
            with effects.doing("server files deleted", str(guest.directory)):
                guest.remove()

    def _known(self, guest: Guest) -> MachineSpec:
        if (spec := guest.spec()) is None:
            raise UnknownServer("look-up", f"no server {guest.server_id} on this host")
        return spec


@contextmanager
def _reported(step: str) -> Iterator[Effects]:
    """Collect effects; an error that leaves carries them, and is a HypervisorError with the step that failed."""
    effects = Effects()
    try:
        yield effects
    except HypervisorError as error:
        error.effects = tuple(effects)
        raise
    except OSError as error:
        failed = HypervisorError(effects[-1].what if effects else step, str(error))
        failed.effects = tuple(effects)
        raise failed from error


def _require_passage(directory: Path, owner: tuple[int, int]) -> None:
    """Raise HypervisorError when QEMU's user could not reach its files, and say which directory is in the way."""
    uid, gid = owner
    for part in (directory, *directory.parents):
        facts = part.stat()
        bit = stat.S_IXUSR if facts.st_uid == uid else stat.S_IXGRP if facts.st_gid == gid else stat.S_IXOTH
        if uid != 0 and not facts.st_mode & bit:
            raise HypervisorError("state directory", f"user {uid}, as whom guests run, cannot pass through {part}")
