"""QEMU as an operating system process: started in a session of its own, found again by its arguments, ended.

A process is recognised in /proc by the `-pidfile` it was started with, which lies in its guest's directory. So a guest
is found whoever started it, a reused process id is never taken for one, and nothing need be remembered.
"""

import os
import select
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.qemu.command import ENVIRONMENT

GUEST_USERS = range(0x70000000, 0x78000000)
"""Free for whoever wants them on systems with systemd (its UIDS-GIDS page)."""


def has_guest_users() -> bool:
    """Whether processes may run as those users: in a container with users of its own there may be fewer."""
    ranges = [[int(word) for word in line.split()] for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= GUEST_USERS[0] and GUEST_USERS[-1] < first + count for first, _, count in ranges)


@dataclass(frozen=True)
class Confinement:
    """As whom and where QEMU runs: a user and its groups (None: as we do), and a network namespace by name or path.

    The user needs no passwd entry. `groups` is for /dev/kvm, where a group owns it. With `apart` each guest has a user
    and a group of its own, so that one that takes over its QEMU has nothing of the others.
    """

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()
    netns: str | None = None
    apart: bool = False

    def of_guest(self, server_id: str) -> "Confinement":
        """The same for one guest."""
        if self.uid is None or not self.apart:
            return self
        own = GUEST_USERS[int(sha256(server_id.encode()).hexdigest(), 16) % len(GUEST_USERS)]
        return replace(self, uid=own, gid=own)

    @property
    def owner(self) -> tuple[int, int]:
        """The user and group that own the files QEMU writes."""
        uid = os.getuid() if self.uid is None else self.uid
        return uid, (os.getgid() if self.uid is None else uid) if self.gid is None else self.gid

    @property
    def netns_path(self) -> str | None:
        return self.netns if self.netns is None or "/" in self.netns else f"/run/netns/{self.netns}"

    def as_user(self) -> list[str]:
        """Return the argument list to put before a command that is to run as the user."""
        if self.uid is None:
            return []
        uid, gid = self.owner
        groups = f"--groups={','.join(map(str, self.groups))}" if self.groups else "--clear-groups"
        return ["setpriv", f"--reuid={uid}", f"--regid={gid}", groups, "--inh-caps=-all", "--no-new-privs", "--"]

    def wrapped(self, argv: Sequence[str]) -> list[str]:
        """Return `argv` to run as the user, in the namespace, and in a session of its own that outlives ours."""
        enter = [] if self.netns_path is None else ["nsenter", f"--net={self.netns_path}", "--"]
        return [*enter, *self.as_user(), "setsid", "--fork", *argv]


@dataclass(frozen=True)
class Process:
    """A QEMU process that runs."""

    pid: int
    argv: tuple[str, ...]

    def option(self, name: str) -> str | None:
        """Return the argument that follows the option `name`."""
        return _after(self.argv, name)

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


def spawn(argv: Sequence[str], log: Path, pass_fds: Sequence[int]) -> None:
    """Start `argv` (wrapped) with its output going to `log`; it is nobody's child when this returns.

    Raises HypervisorError when one of the wrapping commands fails; QEMU's own failure shows at its monitor.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        done = subprocess.run(
            argv,
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            timeout=10,
        )
    finally:
        os.close(output)
    if done.returncode != 0:
        raise HypervisorError("guest process", f"{argv[0]} ended with status {done.returncode}", log.read_text())


def find_all(guests: Path) -> dict[str, Process]:
    """Return the QEMU processes of the servers below the directory `guests`, by server id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (argv := _argv(int(entry.name))) and Path(argv[0]).name.startswith("qemu-system"):
            pidfile = Path(_after(argv, "-pidfile") or "/")
            if len(pidfile.parents) > 2 and pidfile.parents[2] == guests:
                found[pidfile.parents[1].name] = Process(int(entry.name), argv)
    return found


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
