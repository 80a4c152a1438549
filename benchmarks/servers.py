"""How long a server takes, from the request to ACTIVE and to a login."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.cloud import Measured
from cupola.cli.client import wait_for
from cupola.cli.ssh import way_to


def create(cloud: Measured, name: str, key: str | None = None) -> dict[str, Any]:
    """Ask for a server and wait until it is ACTIVE; returns it with "seconds"."""
    client = cloud.client
    wanted = {
        "name": name,
        "imageRef": client.get("image", "/v2/images?name=guest")["images"][0]["id"],
        "flavorRef": next(f["id"] for f in client.get("compute", "/flavors")["flavors"] if f["name"] == "m1.tiny"),
        "networks": [{"uuid": client.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]}],
        **({"key_name": key} if key else {}),
    }
    began = time.monotonic()
    server_id = client.post("compute", "/servers", {"server": wanted})["server"]["id"]

    def active() -> dict[str, Any] | None:
        server: dict[str, Any] = client.get("compute", f"/servers/{server_id}")["server"]
        assert server["status"] != "ERROR", server.get("fault")
        return server if server["status"] == "ACTIVE" else None

    server = wait_for(f"{name} did not become ACTIVE", 120, active, every=0.005)
    return {**server, "seconds": time.monotonic() - began}


def delete(cloud: Measured, server_id: str) -> None:
    cloud.client.call("DELETE", "compute", f"/servers/{server_id}")

    def gone() -> bool | None:
        left = cloud.client.get("compute", "/servers")["servers"]
        return True if server_id not in {server["id"] for server in left} else None

    wait_for("the server did not go", 120, gone, every=0.02)


def login(cloud: Measured, server: dict[str, Any], key: Path) -> None:
    """Wait until ssh lets us in at the server's fixed address."""
    way = way_to(cloud.state_dir, cloud.admin, server)
    command = type(way)(way.address, way.namespace, key).command(["true"])

    def answers() -> bool | None:
        return True if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None

    wait_for("no login", 180, answers, every=0.1)
