"""`cupola ssh`: logs in to a server from the network namespace that reaches it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cupola.cli.client import ApiError, Client, Credentials, NotRunning
from cupola.cli.options import installed_config
from cupola.wiring.places import Namespaces, namespaces
from cupola.wiring.settings import load_settings
from cupola.wiring.started import started

USER = "cirros"
"""The user of the guest image that Cupola builds."""


@dataclass(frozen=True)
class Way:
    """How a server is reached: an address, and the namespace from which it is (None: the machine's own)."""

    address: str
    namespace: str | None
    key: Path | None

    def command(self, words: Sequence[str] = (), user: str = USER) -> list[str]:
        """The command line that logs in."""
        options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        key = ["-i", str(self.key), "-o", "IdentitiesOnly=yes"] if self.key else []
        enter = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        return [*enter, "ssh", *options, *key, "-o", "ConnectTimeout=10", f"{user}@{self.address}", *words]


def find_server(client: Client, name: str) -> dict[str, Any]:
    """A server by id or name. Raises ApiError when there is none, or several of that name."""
    servers = client.get("compute", "/servers/detail?all_tenants=1")["servers"]
    found = [server for server in servers if name in (server["id"], server["name"])]
    if len(found) != 1:
        raise ApiError(404, f"There is {'no' if not found else 'more than one'} server called {name!r}.")
    server: dict[str, Any] = found[0]
    return server


def way_to(state_dir: Path, client: Client, server: dict[str, Any]) -> Way:
    """The way to a server: by floating IP if it has one, else by its fixed address from its network's namespace."""
    addresses = [entry for entries in server["addresses"].values() for entry in entries if entry["version"] == 4]
    key = state_dir / "demo_key"
    known = key if key.exists() else None
    for entry in addresses:
        if entry["OS-EXT-IPS:type"] == "floating":
            return Way(entry["addr"], _namespaces(state_dir).host, known)
    if not addresses:
        raise ApiError(409, f"Server {server['name']} has no address to log in at.")
    fixed = addresses[0]
    port = client.get("network", f"/v2.0/ports?device_id={server['id']}&mac_address={fixed['OS-EXT-IPS-MAC:mac_addr']}")
    network = port["ports"][0]["network_id"]
    return Way(fixed["addr"], _namespaces(state_dir).dhcp(network), known)


def _namespaces(state_dir: Path) -> Namespaces:
    settings = started(state_dir)
    if settings is None and (config := installed_config()):
        settings = load_settings(config, state_dir, {})
    if settings is None:
        raise NotRunning(f"No cloud was started in {state_dir}.")
    return namespaces(settings)


def ssh(state_dir: Path, name: str, words: Sequence[str]) -> int:
    """Log in, or run a command there; returns the exit status."""
    client = Client(Credentials.load(state_dir, "cupola-admin"))
    command = way_to(state_dir, client, find_server(client, name)).command(words)
    if os.geteuid() != 0 and command[0] == "ip":
        raise ApiError(403, "Entering the cloud's network namespace needs root; plain ssh to a floating IP does not.")
    return subprocess.run(command, check=False).returncode
