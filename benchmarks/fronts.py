"""The embedded server and Apache side by side: CPU time of all their processes for a request, and their memory.

Run by itself: `python -m benchmarks.fronts`. Nothing else of the cloud runs; both serve the same database, by turns.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.cloud import pss
from cupola.base.bus.nowhere import Nowhere
from cupola.cli.client import wait_for
from cupola.testing.servers import free_port
from cupola.testing.servers.apache import apache_server, installed
from cupola.wiring.bootstrap import bootstrap_without_image
from cupola.wiring.plane import open_plane
from cupola.wiring.settings import load_settings

ROUNDS = 5
REQUESTS = 240
CLIENTS = 4
PASSWORD = "secret"
TICK = 1 / os.sysconf("SC_CLK_TCK")
PATHS = ("/identity/v3", "/compute/v2.1/flavors/detail", "/network/v2.0/networks")


@dataclass(frozen=True)
class Front:
    """A server that runs: where, and its processes now."""

    port: int
    pids: Callable[[], list[int]]

    def cpu(self) -> float:
        """Seconds of CPU time that its processes have taken."""
        return sum(_ticks(pid) for pid in self.pids()) * TICK

    def memory(self) -> float:
        """MiB, shared pages counted in parts."""
        return sum(pss(pid) for pid in self.pids())


def _ticks(pid: int) -> int:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(words[11]) + int(words[12])


@contextmanager
def embedded(config: Path, state: Path, scratch: Path) -> Iterator[Front]:
    """One process of `cupola api`."""
    port = free_port()
    words = ["api", "--config", str(config), "--state-dir", str(state), "--port", str(port)]
    with (scratch / "api.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "cupola.cli.main", *words], stdout=log, stderr=log)
    try:
        front = Front(port, lambda: [process.pid])
        wait_for("the server was not there", 60, lambda: True if _answers(port) else None)
        yield front
    finally:
        process.terminate()
        process.wait()


@contextmanager
def apache(config: Path, state: Path, scratch: Path, processes: int) -> Iterator[Front]:
    """Apache with so many daemon processes."""
    directory = scratch / f"apache{processes}"
    directory.mkdir()
    with apache_server(directory, config=config, state_dir=state, processes=processes, ports={}) as server:
        for _ in range(8 * processes):  # each has loaded the program
            wait_for("the server was not there", 60, lambda: True if _answers(server.site.port) else None)
        yield Front(server.site.port, lambda: [server.pid, *server.front(), *server.daemons()])


def _answers(port: int) -> bool:
    try:
        return _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=30), "/identity/v3", "") == 200
    except OSError:
        return False


def _ask(client: http.client.HTTPConnection, path: str, token: str) -> int:
    client.request("GET", path, headers={"X-Auth-Token": token} if token else {})
    answer = client.getresponse()
    answer.read()
    return answer.status


@dataclass(frozen=True)
class Cost:
    """Of one request under `CLIENTS` at once: milliseconds of CPU time of the server, and of waiting."""

    cpu_ms: float
    wall_ms: float
    per_second: float


def measure(front: Front, path: str, token: str) -> Cost:
    waits: list[float] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=60)
        for _ in range(REQUESTS // CLIENTS):
            began = time.monotonic()
            assert _ask(connection, path, token) == 200
            waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    before, began = front.cpu(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    return Cost((front.cpu() - before) / REQUESTS * 1000, median(waits) * 1000, REQUESTS / took)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cupola-bench-") as directory:
        scratch = Path(directory)
        state, config = scratch / "state", scratch / "cupola.toml"
        state.mkdir()
        # nobody listens there, and nobody needs to: reads leave no message
        broker = f"rabbit://nobody:nothing@127.0.0.1:{free_port()}/"
        config.write_text(f'[DEFAULT]\nhypervisor = "simulated"\ntransport_url = "{broker}"\nlog_level = "WARNING"\n')
        settings = load_settings(config, state, {})
        plane = open_plane(settings, "bench", apart=False, bus=Nowhere())
        bootstrap_without_image(plane.ctx, settings, plane.people, PASSWORD, PASSWORD)
        plane.close()
        kinds = {"embedded, 1 process": lambda: embedded(config, state, scratch)}
        if installed():
            kinds |= {
                f"Apache, {number} daemon process{'es' * (number > 1)}": lambda number=number: apache(
                    config, state, scratch, number
                )
                for number in (1, 2)
            }
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {CLIENTS} clients, median of {ROUNDS}")
        print(f"{'server':<28}{'request':<32}{'CPU ms':>8}{'wall ms':>9}{'a second':>10}{'PSS MiB':>9}")
        for name, run in kinds.items():
            with run() as front:
                token = _token(front.port)
                for path in PATHS:
                    measure(front, path, token)  # everything has been used
                    seen = sorted((measure(front, path, token) for _ in range(ROUNDS)), key=lambda cost: cost.cpu_ms)
                    cost = seen[len(seen) // 2]
                    print(
                        f"{name:<28}{path:<32}{cost.cpu_ms:8.2f}{cost.wall_ms:9.1f}{cost.per_second:10.0f}"
                        f"{front.memory():9.0f}",
                        flush=True,
                    )


def _token(port: int) -> str:
    domain = {"id": "default"}
    user = {"name": "admin", "domain": domain, "password": PASSWORD}
    scope = {"project": {"name": "admin", "domain": domain}}
    auth = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("POST", "/identity/v3/auth/tokens", json.dumps(auth), {"Content-Type": "application/json"})
    answer = client.getresponse()
    answer.read()
    return str(answer.headers["X-Subject-Token"])


if __name__ == "__main__":
    main()
