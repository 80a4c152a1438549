"""dnsmasq processes: found again by their pid file or their command line, started in a session of their own."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cupola.base.scope import has_scopes, scoped
from cupola.network.host.changes.daemons import CONFIGURATION
from cupola.network.host.drivers.linux.namespaces import inside
from cupola.network.host.layout import Daemon
from cupola.network.host.settings import HostNetwork, network_owner, router_owner

_TERMINATION_MS = 5000
_START_WITHIN = 30.0
"""seconds, systemd's part included"""


def observe_daemon(host: HostNetwork, directory: Path, inodes: Mapping[str, int]) -> Daemon | None:
    """The dnsmasq of this directory, running or not; None where there is no trace of one."""
    names = (CONFIGURATION, "hosts", "options", "names")
    pid = _pid(directory)
    if pid is None and not directory.is_dir():
        return None
    id_, of_network = directory.name, directory.parent == host.dhcp_dir("x").parent
    wanted = host.dhcp_namespace(id_) if of_network else host.router_namespace(id_)
    return Daemon(
        owner=network_owner(id_) if of_network else router_owner(id_),
        namespace=wanted if pid is None else _namespace_of(pid, inodes),
        directory=str(directory),
        files={name: (directory / name).read_text() for name in names if (directory / name).is_file()},
        leases=_leases(directory / "leases"),
        pid=pid,
    )


def known_daemons(host: HostNetwork) -> list[Path]:
    """Directories of all dnsmasq of this host: those that have files, and those of which only the process is left."""
    parents = (host.dhcp_dir("x").parent, host.advertisements_dir("x").parent)
    found = {each for parent in parents if parent.is_dir() for each in parent.iterdir()}
    mark = re.compile(rf"--conf-file=({re.escape(str(host.state_dir))}/[^ ]+)/{re.escape(CONFIGURATION)}")
    running = {Path(match[1]) for pid in _processes() if (match := mark.search(_command_line(pid)))}
    return sorted(found | {each for each in running if each.parent in parents})


def start(namespace: str, argument: str) -> None:
    """Start dnsmasq, which goes into the background when it is ready; raises OSError with its complaint."""
    directory = Path(argument.partition("=")[2]).parent
    command = ["dnsmasq", argument]
    if has_scopes():
        command = scoped(f"dnsmasq-{directory.name}", f"DHCP and DNS of {directory.name}", command)
    with (directory / "stderr").open("w+") as stderr:
        try:
            done = inside(
                namespace,
                lambda: subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, check=False,
                    start_new_session=True, timeout=_START_WITHIN,
                ),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"dnsmasq was not ready within {_START_WITHIN:g} s") from error
        if done.returncode != 0:
            stderr.seek(0)
            raise OSError(stderr.read().strip() or f"dnsmasq ended with status {done.returncode}")


def send(name: str, pid: int) -> None:
    """Send a signal to a dnsmasq; after TERM, wait until it is gone. A process that has ended already is no error."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if "dnsmasq" not in _command_line(pid):
            return
        signal.pidfd_send_signal(handle, getattr(signal, f"SIG{name}"))
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if name == "TERM" and not poll.poll(_TERMINATION_MS):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            poll.poll(_TERMINATION_MS)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def forget(leases: Path, mac: str, address: str) -> None:
    """Take a lease out of the file of a dnsmasq that does not run."""
    lines = leases.read_text().splitlines(keepends=True) if leases.exists() else []
    leases.write_text("".join(line for line in lines if line.split()[1:3] != [mac, address]))


def _leases(path: Path) -> tuple[tuple[str, str], ...]:
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return tuple(sorted((words[1], words[2]) for words in lines if len(words) >= 4))


def _pid(directory: Path) -> int | None:
    """The process that was started with this directory's configuration: by pid file, or if that is lost by looking."""
    try:
        noted = int((directory / "pid").read_text())
    except (OSError, ValueError):
        noted = 0
    mark = f"--conf-file={directory}/{CONFIGURATION}"
    if noted and mark in _command_line(noted):
        return noted
    return next((pid for pid in _processes() if mark in _command_line(pid)), None)


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _namespace_of(pid: int, inodes: Mapping[str, int]) -> str:
    try:
        inode = Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return ""
    return next((name for name, each in inodes.items() if each == inode), "")
