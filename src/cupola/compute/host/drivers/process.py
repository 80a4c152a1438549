"""QEMU as an operating system process, whoever started it: looked at, waited for, ended."""

import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cupola.compute.host.drivers.errors import HypervisorError


@dataclass(frozen=True)
class Process:
    """A QEMU process that runs."""

    pid: int
    argv: tuple[str, ...]

    def option(self, name: str) -> str | None:
        """Return the argument that follows the option `name`."""
        return _after(self.argv, name)

    def users(self) -> set[int]:
        """Return as whom it runs, by the kernel's word: its arguments are its own to change. Empty when it ended."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return set()
        return {int(uid) for line in status.splitlines() if line.startswith("Uid:") for uid in line.split()[1:]}

    def taps(self, netns: str | None) -> set[str]:
        """Return the names of the tap devices that it holds in the namespace at a path (None: ours).

        One that was deleted has none, and those of a namespace that was deleted lead nowhere.
        """
        try:
            if not Path(f"/proc/{self.pid}/ns/net").samefile(netns or "/proc/self/ns/net"):
                return set()
        except OSError:  # the process ended meanwhile, or there is no such namespace any more
            return set()
        lines: list[str] = []
        for entry in Path(f"/proc/{self.pid}/fdinfo").glob("*"):
            with suppress(OSError):  # closed, or ended, meanwhile
                lines += entry.read_text().splitlines()
        return {line.partition("\t")[2] for line in lines if line.startswith("iff:")}

    def end(self, limit: float) -> bool:
        """Wait `limit` seconds for the process to end; return whether it did."""
        return self._with_handle(lambda handle: _ended(handle, limit))

    def kill(self) -> None:
        """End the process at once, whatever it does. Raises HypervisorError when it is still there after 10 s."""

        def strike(handle: int) -> bool:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            return _ended(handle, 10.0)

        if not self._with_handle(strike):
            raise HypervisorError("guest process", f"{self.pid} did not end on SIGKILL")

    def _with_handle(self, act: Callable[[int], bool]) -> bool:
        """Call `act` with a pidfd of this very process; True when the process has gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if _argv(self.pid) != self.argv:  # checked after opening: from here on the handle cannot mean another
                return True
            return act(handle)
        except ProcessLookupError:
            return True
        finally:
            os.close(handle)


def processes() -> Iterator[Process]:
    """Yield the QEMU processes of this machine, whosever they are."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (argv := _argv(int(entry.name))) and Path(argv[0]).name.startswith("qemu-system"):
            yield Process(int(entry.name), argv)


def _argv(pid: int) -> tuple[str, ...]:
    """Return the arguments of a process; empty when it is gone, or dead and not yet reaped."""
    try:
        return tuple(os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).rstrip("\0").split("\0"))
    except (FileNotFoundError, ProcessLookupError):
        return ()


def _after(argv: Sequence[str], name: str) -> str | None:
    return argv[argv.index(name) + 1] if name in argv[:-1] else None


def _ended(handle: int, limit: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(limit * 1000))
