"""Starting the cloud's process in the background, and stopping it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cupola.cli.state import StateLock

START_WITHIN = 120.0
STOP_WITHIN = 60.0


class DidNotStart(Exception):
    """The process ended, or did not answer in time; the message has the end of its log."""


def start(arguments: Sequence[str], state_dir: Path) -> int:
    """Start `cupola up --foreground` in a session of its own and wait until it says that it answers; returns its pid.

    Raises DidNotStart.
    """
    log = state_dir / "cupola.log"
    begin = log.stat().st_size if log.exists() else 0
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cupola.cli.main", "up", "--foreground", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )
    lock = StateLock(state_dir)
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            raise DidNotStart(f"The cloud did not start:\n{_tail(log, begin)}")
        if lock.holder() == process.pid and lock.url() is not None:
            return process.pid
        time.sleep(0.05)
    process.terminate()
    raise DidNotStart(f"The cloud was not there within {START_WITHIN:.0f} s:\n{_tail(log, begin)}")


def stop(state_dir: Path) -> bool:
    """End the process that runs the cloud, after what it has under way. Returns whether there was one.

    Raises TimeoutError when it does not end.
    """
    lock = StateLock(state_dir)
    pid = lock.holder()
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_WITHIN
    while lock.holder() == pid:
        if time.monotonic() > end:
            raise TimeoutError(f"Process {pid} did not end within {STOP_WITHIN:.0f} s; its log: {state_dir}/cupola.log")
        time.sleep(0.05)
    return True


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-15:])
