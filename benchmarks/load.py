"""A steady load on a cloud, and what became of it: servers are asked for at a fixed rate, none of them twice.

A request counts as accepted when its answer came and said so. One whose answer was lost may have made a server all the
same: it is held to the same rules, and to being there at most once.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cupola.cli.client import ApiError, Client, NotRunning
from cupola.compute.host.drivers.simulated import SimulatedHypervisor

AT_ONCE = 64
"""Requests that may be waiting for their answers."""


@dataclass
class Attempt:
    """One request: when it was sent and answered (monotonic seconds), and the server's id or why there is none."""

    name: str
    sent_at: float
    ended_at: float = 0.0
    server_id: str | None = None
    error: str | None = None


@dataclass
class Load:
    """Asks for a server every 1/`rate` seconds from `start` to `stop`."""

    client: Callable[[], Client]
    wanted: dict[str, Any]
    rate: float
    attempts: list[Attempt] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="load")
        self._thread.start()

    def stop(self) -> None:
        """Ask no more, and wait for the answers that are still out."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self._stopping.wait(max(0.0, began + len(self.attempts) / self.rate - time.monotonic())):
                attempt = Attempt(f"load-{len(self.attempts):05}", time.monotonic())
                self.attempts.append(attempt)
                pool.submit(self._ask, attempt)

    def _ask(self, attempt: Attempt) -> None:
        try:
            body = {"server": {**self.wanted, "name": attempt.name}}
            attempt.server_id = self.client().post("compute", "/servers", body)["server"]["id"]
        except (ApiError, NotRunning, OSError) as error:
            status = f"{error.status} " if isinstance(error, ApiError) else ""
            attempt.error = f"{status}{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - half an answer: http.client has many words for it
            attempt.error = f"{type(error).__name__}: {error}"
        attempt.ended_at = time.monotonic()

    @property
    def accepted(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.server_id is not None]

    def longest_window(self, since: float = 0.0) -> float:
        """The longest time, in seconds, between two accepted requests with at least one refused between them."""
        ended = [a for a in sorted(self.attempts, key=lambda a: a.ended_at) if a.ended_at > since]
        longest, last_good, failed = 0.0, since or (ended[0].sent_at if ended else 0.0), False
        for attempt in ended:
            if attempt.server_id is None:
                failed = True
                continue
            if failed:
                longest = max(longest, attempt.ended_at - last_good)
            last_good, failed = attempt.ended_at, False
        return longest

    def errors(self) -> Counter[str]:
        return Counter((attempt.error or "")[:80] for attempt in self.attempts if attempt.server_id is None)


def all_servers(client: Client) -> list[dict[str, Any]]:
    """Every server of the project, page by page."""
    found: list[dict[str, Any]] = []
    marker = ""
    while True:
        page = client.get("compute", f"/servers/detail?limit=500{marker}")["servers"]
        found += page
        if not page:
            return found
        marker = f"&marker={page[-1]['id']}"


def servers_on(state_dir: Path) -> set[str]:
    """The ids of the servers that a simulated host runs: what is really there, not what is recorded."""
    path = state_dir / "simulated" / "servers.db"
    if not path.exists():
        return set()
    with closing(SimulatedHypervisor(path)) as hypervisor:
        return set(hypervisor.observe())


def settled(client: Client, within: float) -> tuple[float, list[dict[str, Any]]]:
    """Wait until no server is under way; returns after how many seconds, and all servers."""
    began = time.monotonic()
    while True:
        servers = all_servers(client)
        busy = [s for s in servers if s["status"] == "BUILD" or s["OS-EXT-STS:task_state"]]
        if not busy or time.monotonic() - began > within:
            return time.monotonic() - began, servers
        time.sleep(0.5)
