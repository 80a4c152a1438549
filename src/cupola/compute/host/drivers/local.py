"""What hypervisors on this machine have in common, whoever starts QEMU.

Orders are remembered in a file, what is wanted of a server and its disks are in a directory of its own, images in a
cache. A driver adds how a guest is looked at, changed and ended.
"""

import os
import shutil
import stat
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cupola.compute.host.drivers.accelerator import Accelerator
from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.effects import Effect, Effects
from cupola.compute.host.drivers.errors import HypervisorError, UnknownServer
from cupola.compute.host.drivers.generations import GenerationFile
from cupola.compute.host.drivers.guest import Guest, all_guests, sweep
from cupola.compute.host.drivers.images import Images, ImageSource
from cupola.compute.host.reconcile import Change, Verb, changes, refuse_conflict
from cupola.compute.model.machine import Machine, MachineSpec

CONSOLE_BYTES = 100 << 10  # what the console output of a server shows at most
CONSOLE_FILE_BYTES = 4 << 20  # where the file behind it is cut

Ended = Callable[[str], None]
"""Told the id of a server whose guest has ended without having been asked to."""


class LocalHypervisor(ABC):
    """The promises of `Hypervisor` that do not depend on how guests are run. One object per state directory."""

    def __init__(self, state: Path, user: Confinement, images: ImageSource) -> None:
        self._state = state = state.resolve()
        self._guests = state / "guests"
        for directory, mode in ((state, 0o711), (self._guests, 0o711), (state / "images", 0o711)):
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
        _require_passage(self._guests, user.owner)
        sweep(self._guests)
        self._generations = GenerationFile(state / "generations.db")
        self._cache = Images(state / "images", images, user.as_user())
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @abstractmethod
    def _look(self, guest: Guest) -> Machine:
        """Return what is there of one server, for the plan. Raises HypervisorError."""

    @abstractmethod
    def _apply(self, change: Change, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        """Carry out one step of a plan. Raises HypervisorError or OSError."""

    @abstractmethod
    def _end(self, guest: Guest, effects: Effects) -> None:
        """End the guest at once, if it runs, and leave nothing of it outside its directory."""

    @abstractmethod
    def _expect_end(self, server_id: str) -> None:
        """When the guest ends from here on, that is no news."""

    def _facts(self, version: str, accelerator: Accelerator, limits: str) -> HypervisorFacts:
        pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return HypervisorFacts(
            type="QEMU",
            version=version,
            vcpus=len(os.sched_getaffinity(0)),
            memory_mb=pages * page >> 20,
            disk_gb=shutil.disk_usage(self._state).total >> 30,
            accelerator=accelerator.name,
            why=accelerator.why,
            limits=limits,
        )

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
            self._expect_end(server_id)
            guest.unmark()  # should we end here, the server is found unfinished and is started again
            self._apply(Change(Verb.KILL if hard else Verb.SHUT_DOWN), guest, spec, effects)
            self._converge(guest, spec, effects)
            guest.mark_reached(spec.generation)
            return effects

    def console_output(self, server_id: str, lines: int | None = None) -> str:
        guest = Guest(self._guests, server_id)
        self._known(guest)
        text = guest.printed(CONSOLE_BYTES)
        return text if lines is None else "".join(text.splitlines(keepends=True)[-lines:] if lines > 0 else [])

    def close(self) -> None:
        self._generations.close()

    def _converge(self, guest: Guest, spec: MachineSpec, effects: Effects) -> None:
        if spec.power == "shutdown":
            self._expect_end(guest.server_id)
        for change in changes(spec, self._look(guest)):
            self._apply(change, guest, spec, effects)

    def _remove(self, guest: Guest, effects: Effects) -> None:
        self._expect_end(guest.server_id)
        self._end(guest, effects)
        if guest.directory.exists():
            with effects.doing("server files deleted", str(guest.directory)):
                guest.remove()

    @staticmethod
    def _with_losses(machine: Machine, guest: Guest, taps: Collection[str]) -> Machine:
        """Add what was lost: of its root disk, and of its interfaces, whose taps must be among those QEMU holds."""
        spec = guest.spec()
        plugged = [nic for nic in spec.nics if nic.port_id in machine.nics] if spec else []
        cut_off = tuple(nic.port_id for nic in plugged if nic.tap not in taps)
        return replace(machine, lost=guest.lost(), cut_off=cut_off)

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
