"""Prints the figures: medians of 5, with the machine's load beside them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import requests, servers
from benchmarks.cloud import running
from cupola.cli.demo import allow

ROUNDS = 5


def show(what: str, values: Sequence[float], unit: str, goal: str) -> None:
    """One line: median, extremes, goal."""
    low, high = min(values), max(values)
    print(f"{what:<46} {median(values):9.3f} {unit:<4} ({low:.3f} … {high:.3f})  goal {goal}", flush=True)


def simulated() -> None:
    starts, memory, creates, used = [], [], [], []
    for _ in range(ROUNDS):
        with running("simulated") as cloud:
            starts.append(cloud.started_in)
            memory.append(cloud.pss_mib())
            servers.create(cloud, "warm")
            creates += [servers.create(cloud, f"s{number}")["seconds"] for number in range(3)]
            used.append(cloud.pss_mib())
    show("start, exec to first authenticated answer", starts, "s", "2")
    show("memory at rest, PSS", memory, "MiB", "220")
    show("memory after four servers, PSS", used, "MiB", "220")
    show("create → ACTIVE, simulated", creates, "s", "0.040")


def real() -> None:
    active, logins = [], []
    with tempfile.TemporaryDirectory(prefix="cupola-key-") as scratch, running("qemu") as cloud:
        key = Path(scratch, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        public = key.with_name("key.pub").read_text().strip()
        cloud.client.post("compute", "/os-keypairs", {"keypair": {"name": "bench", "public_key": public}})
        allow(cloud.client, "tcp", 22)
        for number in range(ROUNDS + 1):
            server = servers.create(cloud, f"s{number}", "bench")
            began = os.times().elapsed
            servers.login(cloud, server, key)
            if number:  # the first one copies the image
                active.append(server["seconds"])
                logins.append(server["seconds"] + os.times().elapsed - began)
            servers.delete(cloud, server["id"])
    show("create → ACTIVE, QEMU (TCG)", active, "s", "2")
    show("create → ssh, QEMU (TCG)", logins, "s", "8")


def main() -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    simulated()
    if os.geteuid() == 0:
        real()
    print(f"{'request':<46} {'CPU ms':>9} {'SQL':>5}")
    for cost in requests.costs():
        print(f"{cost.what:<46} {cost.cpu_ms:9.2f} {cost.statements:5d}")


main()
