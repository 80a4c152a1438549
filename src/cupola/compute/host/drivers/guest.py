"""A server's directory on its host: what is wanted of it, how far it came, its disks, and QEMU's own corner `run/`.

Everything is root's except the disks and `run/`, which QEMU's unprivileged user may write: nothing read from there is
trusted, and no link in it is followed.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from cupola.compute.host.boot import boot_id
from cupola.compute.host.drivers.durable import sync_directory, write_durably
from cupola.compute.model.machine import MachineSpec


class Guest:
    """The files of one server below the driver's `guests/` directory."""

    def __init__(self, guests: Path, server_id: str) -> None:
        self.server_id = server_id
        self.directory = guests / server_id
        self.disk = self.directory / "disk.qcow2"
        self.disk_mark = self.directory / "disk.mark"  # says that there was a disk, and on which image it lies
        self.config_drive = self.directory / "config.iso"
        self.monitor = self.directory / "qmp"
        self.run = self.directory / "run"
        self.pidfile = (
            self.run / "pid"
        )  # QEMU removes it when it exits in good order: what is left behind tells a crash
        self.console = self.run / "console.log"
        self.log = self.run / "qemu.log"
        self._spec = self.directory / "spec.json"
        self._reached = self.directory / "reached"

    def exists(self) -> bool:
        return self._spec.exists()

    def spec(self) -> MachineSpec | None:
        """Return the last spec ordered, or None when there is no such server."""
        try:
            return MachineSpec.from_json(json.loads(self._spec.read_bytes()))
        except FileNotFoundError:
            return None

    def record(self, spec: MachineSpec) -> None:
        """Keep what is wanted, durably, before anything is done about it."""
        if self.spec() == spec:
            return
        if not self.directory.exists():
            self.directory.mkdir(mode=0o711)
            sync_directory(self.directory.parent)
        write_durably(self._spec, json.dumps(spec.to_json()).encode())

    def was_there(self) -> bool:
        """Whether it has ever been brought about: from then on its disk is its user's."""
        return self._reached.exists()

    def reached(self) -> int:
        """Return the last generation fully brought about since the machine was booted.

        0 for none, or when it is to be brought about again: so servers that are wanted running are, after a reboot.
        """
        try:
            generation, _, boot = self._reached.read_text().partition(" ")
        except FileNotFoundError:
            return 0
        return int(generation) if boot == boot_id() else 0

    def mark_reached(self, generation: int) -> None:
        if self.reached() != generation:
            write_durably(self._reached, f"{generation} {boot_id()}".encode())

    def unmark(self) -> None:
        """Forget what was reached: whoever finds the server next brings its spec about again."""
        write_durably(self._reached, b"0")

    def lost(self) -> tuple[str, ...]:
        """Return the files of its root disk that were there and are no more."""
        image = self.image()
        return tuple(str(path) for path in (self.disk, image) if not path.exists()) if image else ()

    def image(self) -> Path | None:
        """Return the image that its root disk lies on, or None when it has none (yet)."""
        try:
            return Path(self.disk_mark.read_text())
        except FileNotFoundError:
            return None

    def give_to(self, uid: int, gid: int) -> None:
        """Let its disks be QEMU's user's, who was another one in earlier versions."""
        for path in (self.disk, self.config_drive):
            if path.exists():
                os.chown(path, uid, gid)

    def fresh_run(self, uid: int, gid: int) -> None:
        """Make `run/` new and empty, and QEMU's user its owner."""
        if self.run.exists():
            shutil.rmtree(self.run)
        self.run.mkdir(mode=0o700)
        os.chown(self.run, uid, gid)

    def tail(self, path: Path, size: int) -> str:
        """Return the last `size` bytes of a file in `run/` as text; "" when it is missing or no regular file."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return ""
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                return ""
            file.seek(max(0, facts.st_size - size))
            return file.read(size).decode(errors="replace")

    def printed(self, size: int) -> str:
        """Return the last `size` bytes of the console; a log daemon may just have begun a new file."""
        text = self.tail(self.console, size)
        older = self.tail(self.console.with_name(f"{self.console.name}.0"), size) if len(text) < size else ""
        return (older + text)[-size:]

    def trim_console(self, limit: int, keep: int) -> None:
        """Keep a guest that prints without end from filling the disk (QEMU appends, so cutting in its back is safe)."""
        try:
            descriptor = os.open(self.console, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return
        with os.fdopen(descriptor, "r+b", buffering=0) as file:  # one file, whatever is put in its place meanwhile
            facts = os.fstat(descriptor)
            if stat.S_ISREG(facts.st_mode) and facts.st_size > limit:
                kept = os.pread(descriptor, keep, max(0, facts.st_size - keep))
                file.truncate(0)
                file.write(kept)

    def remove(self) -> None:
        """Delete everything; a crash half-way leaves a directory that `sweep` finds."""
        if self.directory.exists():
            doomed = self.directory.with_name(f".{self.server_id}.gone")
            self.directory.rename(doomed)
            sync_directory(doomed.parent)
            shutil.rmtree(doomed)


def all_guests(guests: Path) -> Iterator[Guest]:
    """Yield every server that has a directory, in the order of their ids."""
    for directory in sorted(guests.iterdir()):
        if not directory.name.startswith(".") and (guest := Guest(guests, directory.name)).exists():
            yield guest


def sweep(guests: Path) -> None:
    """Finish removals that a crash interrupted."""
    for doomed in guests.glob(".*.gone"):
        shutil.rmtree(doomed)
