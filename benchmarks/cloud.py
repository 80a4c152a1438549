"""A cloud of its own for a measurement, on a free port, with all it keeps in a temporary directory."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cupola.cli.client import ApiError, Client, Credentials, NotRunning
from cupola.cli.state import StateLock
from cupola.testing.servers import free_port


@dataclass(frozen=True)
class Measured:
    """A running cloud: how long it took from exec to the first authenticated answer, and its process."""

    state_dir: Path
    client: Client
    admin: Client
    started_in: float
    pid: int

    def pss_mib(self) -> float:
        """Proportional set size of the process, MiB: database and all."""
        return pss(self.pid)


def pss(pid: int) -> float:
    """Proportional set size of a process, MiB."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


@contextlib.contextmanager
def running(hypervisor: str) -> Iterator[Measured]:
    """Start a cloud, and take it away with all it made."""
    with tempfile.TemporaryDirectory(prefix="cupola-bench-") as scratch:
        os.environ["XDG_CONFIG_HOME"] = f"{scratch}/config"
        state = Path(scratch, "state")
        state.mkdir(mode=0o755)
        Path(scratch).chmod(0o755)
        cupola = [sys.executable, "-m", "cupola.cli.main"]
        where = ["--state-dir", str(state)]
        began = time.monotonic()
        up = [*cupola, "up", *where, "--port", str(free_port()), "--hypervisor", hypervisor]
        subprocess.run(up, check=True, capture_output=True)
        client = Client(Credentials.load(state, "cupola"))
        while True:
            try:
                client.get("compute", "/flavors")
                break
            except (NotRunning, ApiError):
                time.sleep(0.02)
        took = time.monotonic() - began
        try:
            yield Measured(
                state, client, Client(Credentials.load(state, "cupola-admin")), took, StateLock(state).holder() or 0
            )
        finally:
            subprocess.run([*cupola, "down", "--purge", *where], check=True, capture_output=True)
