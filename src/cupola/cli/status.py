"""`cupola status`: what runs here, from the process to the servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cupola.cli.client import Client, Credentials
from cupola.cli.options import installed_config
from cupola.cli.state import StateLock


def status_lines(state_dir: Path) -> Iterator[str]:
    """The lines that tell it. Raises NotRunning when no cloud answers."""
    pid = StateLock(state_dir).holder()
    credentials = Credentials.load(state_dir, "cupola-admin")
    if pid is None and installed_config() is None:
        yield f"down: no process runs the cloud in {state_dir} (start it with `cupola up`)"
        return
    root = credentials.auth_url.partition("/identity")[0]
    yield f"up: {f'process {pid}' if pid else 'an installed cloud'} serves {root}, state in {state_dir}"
    client = Client(credentials)
    status = client.get("lens", "/v1/status")
    for host in status["hosts"]:
        state = "up" if host["alive"] else f"silent since {host['seen_at']}"
        yield f"host {host['name']}: {state}; {hypervisor(host)}"
    servers = client.get("compute", "/servers/detail?all_tenants=1")["servers"]
    counts: dict[str, int] = {}
    for server in servers:
        counts[server["status"]] = counts.get(server["status"], 0) + 1
    listed = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"
    yield f"servers: {listed}"
    yield f"operations under way: {status['operations']}; messages on their way: {status['messages']}"


def hypervisor(host: Mapping[str, Any]) -> str:
    """What a host said that its servers run on, and why on that."""
    facts = host["facts"].get("server")
    return f"{facts['type']} {facts['version']} ({facts['accelerator']}: {facts['why']})" if facts else "no hypervisor"
