"""QEMU processes of our own: started in a session of their own, and found again by their arguments.

A process is recognised in /proc by the `-pidfile` it was started with, which lies in its guest's directory, and by
its user. So a guest is found whoever started it, a reused process id is never taken for one, and nothing need be
remembered.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cupola.compute.host.drivers.command import ENVIRONMENT
from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.process import Process, processes


def spawn(argv: Sequence[str], log: Path, pass_fds: Sequence[int], limit: float = 10.0) -> None:
    """Start `argv` (wrapped) with its output going to `log`; it is nobody's child when this returns.

    Raises HypervisorError when one of the wrapping commands fails or takes more than `limit` seconds; QEMU's own
    failure shows at its monitor.
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
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        raise HypervisorError("guest process", f"{argv[0]} did not end within {limit:g} s") from None
    finally:
        os.close(output)
    if done.returncode != 0:
        raise HypervisorError("guest process", f"{argv[0]} ended with status {done.returncode}", log.read_text())


def find_all(guests: Path, user: Confinement) -> dict[str, Process]:
    """Return the QEMU processes of the servers below the directory `guests`, by server id.

    One that runs neither as its server's guest does nor as the user that the guest was given to last only says so: any
    process may give itself such arguments.
    """
    found = {}
    for process in processes():
        pidfile = Path(process.option("-pidfile") or "/")
        if len(pidfile.parents) > 2 and pidfile.parents[2] == guests:
            server = pidfile.parents[1].name
            expected = {user.of_guest(server).owner[0], *_given_to(pidfile.parent)}
            if len(users := process.users()) == 1 and users <= expected:
                found[server] = process
    return found


def _given_to(run: Path) -> set[int]:
    """Return as whom a guest was started: another user than it would be now, if the settings changed since."""
    try:
        return {run.lstat().st_uid}
    except FileNotFoundError:
        return set()
