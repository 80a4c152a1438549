"""`cupola demo`: a first server, from key pair to login, with the trace of how it came to be."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cupola.cli.client import ApiError, Client, Credentials, wait_for
from cupola.cli.ssh import way_to
from cupola.cli.state import is_ours, write_secret
from cupola.lens.node import Node
from cupola.lens.text import lines

ACTIVE_WITHIN = 120.0
LOGIN_WITHIN = 180.0


def demo(state_dir: Path, name: str) -> Iterator[str]:
    """Do it; yields what to tell the user, line by line. Accepts that the server is there already."""
    client = Client(Credentials.load(state_dir, "cupola"))
    key = _key_pair(client, state_dir)
    began = time.monotonic()
    server = _server(client, name)
    emulates_login = "simulated" not in _hypervisors(state_dir)
    yield f"Server {name} ({server['id']}) is {server['status']} after {time.monotonic() - began:.1f} s."
    if emulates_login:
        address = _floating_ip(client, server["id"])
        server = client.get("compute", f"/servers/{server['id']}")["server"]
        way = way_to(state_dir, client, server)
        wait_for(f"{name} did not let us log in", LOGIN_WITHIN, lambda: _logs_in(way.command(["true"])), every=0.5)
        yield f"It answers ssh at {address} after {time.monotonic() - began:.1f} s."
    else:
        yield "The simulated hypervisor emulates neither console text nor ssh; everything else is as real."
    yield ""
    admin = Client(Credentials.load(state_dir, "cupola-admin"))
    traces = admin.get("lens", f"/v1/traces/{server['id']}")["traces"]
    yield from lines([Node.from_json(tree) for tree in traces[:1]])
    yield ""
    if emulates_login:
        yield f"  log in:   cupola ssh {name}          (or: ssh -i {key} cirros@{address})"
    yield "  use it:   OS_CLOUD=cupola openstack server list"
    yield f"  look in:  cupola trace {server['id']}"
    yield "            cupola doctor"
    if is_ours(state_dir):  # started by `cupola up`; an installed one is systemd's
        yield "  stop it:  cupola down                (--purge leaves nothing behind)"


def _hypervisors(state_dir: Path) -> set[str]:
    admin = Client(Credentials.load(state_dir, "cupola-admin"))
    return {str(host["facts"].get("server", {}).get("type")) for host in admin.get("lens", "/v1/status")["hosts"]}


def _key_pair(client: Client, state_dir: Path) -> Path:
    key = state_dir / "demo_key"
    if not key.exists():
        if any(pair["keypair"]["name"] == "demo" for pair in client.get("compute", "/os-keypairs")["keypairs"]):
            client.call("DELETE", "compute", "/os-keypairs/demo")
        made = client.post("compute", "/os-keypairs", {"keypair": {"name": "demo"}})["keypair"]
        write_secret(key, made["private_key"])
    return key


def _server(client: Client, name: str) -> dict[str, Any]:
    found = [s for s in client.get("compute", "/servers/detail")["servers"] if s["name"] == name]
    server_id = found[0]["id"] if found else _create(client, name)

    def built() -> dict[str, Any] | None:
        server: dict[str, Any] = client.get("compute", f"/servers/{server_id}")["server"]
        if server["status"] == "ERROR":
            raise ApiError(500, f"Server {name} could not be built: {server.get('fault', {}).get('message')}")
        return server if server["status"] == "ACTIVE" else None

    return wait_for(f"{name} did not become ACTIVE", ACTIVE_WITHIN, built)


def _create(client: Client, name: str) -> str:
    image = client.get("image", "/v2/images?name=guest")["images"][0]["id"]
    flavors = client.get("compute", "/flavors")["flavors"]
    network = client.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]
    wanted = {
        "name": name,
        "imageRef": image,
        "flavorRef": next(flavor["id"] for flavor in flavors if flavor["name"] == "m1.tiny"),
        "networks": [{"uuid": network}],
        "key_name": "demo",
    }
    allow(client, "tcp", 22)
    allow(client, "icmp", None)
    return str(client.post("compute", "/servers", {"server": wanted})["server"]["id"])


def allow(client: Client, protocol: str, port: int | None) -> None:
    """Let everybody reach the demo project's servers by ssh and ping."""
    groups = client.get("network", "/v2.0/security-groups?name=default")["security_groups"]
    group = next(group for group in groups if group["project_id"] == client.project_id)
    ports = {"port_range_min": port, "port_range_max": port} if port else {}
    rule = {
        "security_group_id": group["id"],
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": protocol,
        **ports,
    }
    try:
        client.post("network", "/v2.0/security-group-rules", {"security_group_rule": rule})
    except ApiError as error:
        if error.status != 409:
            raise


def _floating_ip(client: Client, server_id: str) -> str:
    port = client.get("network", f"/v2.0/ports?device_id={server_id}")["ports"][0]["id"]
    there = client.get("network", f"/v2.0/floatingips?port_id={port}")["floatingips"]
    if there:
        return str(there[0]["floating_ip_address"])
    public = client.get("network", "/v2.0/networks?name=public")["networks"][0]["id"]
    wanted = {"floating_network_id": public, "port_id": port}
    made = client.post("network", "/v2.0/floatingips", {"floatingip": wanted})["floatingip"]
    return str(made["floating_ip_address"])


def _logs_in(command: list[str]) -> bool | None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    return True if done.returncode == 0 else None
