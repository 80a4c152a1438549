"""A real cloud for system tests: QEMU guests, network namespaces, its own state directory and port."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cupola.cli.client import Client, Credentials, wait_for
from cupola.cli.ssh import Way, way_to
from cupola.cli.state import StateLock


class RealCloud:
    """Started and stopped as a user would, with the `cupola` command."""

    def __init__(self, state: Path, config: Path, port: int) -> None:
        self.state, self.port = state, port
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(config), "CUPOLA_STATE_DIR": str(state)}
        self.key = state.parent / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)

    def cupola(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of ours."""
        command = [sys.executable, "-m", "cupola.cli.main", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def up(self) -> None:
        self.cupola("up", "--port", str(self.port), "--hypervisor", "qemu")

    def kill(self) -> None:
        """End the process as a power cut would."""
        pid = StateLock(self.state).holder()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for("the process did not die", 10, lambda: True if StateLock(self.state).holder() is None else None)

    def openstack(self, *words: str) -> str:
        """Run the stock client as the demo user."""
        command = [str(Path(sys.executable).with_name("openstack")), "--os-cloud", "cupola", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"openstack {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    @property
    def demo(self) -> Client:
        return Client(Credentials.load(self.state, "cupola"))

    @property
    def admin(self) -> Client:
        return Client(Credentials.load(self.state, "cupola-admin"))

    def sdk(self) -> Any:
        """openstacksdk, logged in as the demo user."""
        import openstack

        login = Credentials.load(self.state, "cupola")
        return openstack.connect(
            auth_url=login.auth_url,
            username=login.username,
            password=login.password,
            project_name=login.project,
            user_domain_id="default",
            project_domain_id="default",
            region_name="RegionOne",
            load_yaml_config=False,
        )

    def boot(self, name: str, **more: Any) -> str:
        """Ask for a server on the private network; returns its id at once."""
        client = self.demo
        wanted = {
            "name": name,
            "imageRef": client.get("image", "/v2/images?name=guest")["images"][0]["id"],
            "flavorRef": next(f["id"] for f in client.get("compute", "/flavors")["flavors"] if f["name"] == "m1.tiny"),
            "networks": [{"uuid": client.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]}],
            "key_name": "test",
            **more,
        }
        return str(client.post("compute", "/servers", {"server": wanted})["server"]["id"])

    def server(self, server_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.demo.get("compute", f"/servers/{server_id}")["server"]
        return shown

    def until(self, server_id: str, status: str, within: float = 120) -> dict[str, Any]:
        """Wait until a server has a status; an ERROR that was not asked for ends the wait."""

        def there() -> dict[str, Any] | None:
            shown = self.server(server_id)
            assert shown["status"] != "ERROR" or status == "ERROR", shown.get("fault")
            return shown if shown["status"] == status else None

        return wait_for(f"server {server_id} was not {status}", within, there)

    def delete(self, *server_ids: str) -> None:
        """Delete servers and wait until they are gone."""
        for server_id in server_ids:
            self.demo.call("DELETE", "compute", f"/servers/{server_id}")

        def gone() -> bool | None:
            left = {server["id"] for server in self.demo.get("compute", "/servers")["servers"]}
            return None if left & set(server_ids) else True

        wait_for("servers did not go", 120, gone)

    def way(self, server_id: str) -> Way:
        way = way_to(self.state, self.admin, self.server(server_id))
        return Way(way.address, way.namespace, self.key)

    def login(self, server_id: str, *words: str, within: float = 120) -> str:
        """Run a command in a guest, as soon as it lets us in; returns what it printed."""

        def run() -> str | None:
            command = self.way(server_id).command(words or ("true",))
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            return done.stdout if done.returncode == 0 else None

        return wait_for(f"{server_id} did not let us in", within, run, every=0.5)

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.admin.get("lens", "/v1/doctor")["findings"]
        return found

    def until_no_findings(self, within: float = 30) -> None:
        """What is under way may take a moment; then nothing differs."""
        last: list[Any] = []

        def healthy() -> bool | None:
            last[:] = self.findings()
            return None if last else True

        try:
            wait_for("doctor was not content", within, healthy, every=0.5)
        except TimeoutError:
            raise AssertionError(last) from None


@contextlib.contextmanager
def run_cloud(scratch: Path, port: int) -> Iterator[RealCloud]:
    """A cloud for as long as the caller needs it; afterwards nothing of it is left."""
    for directory in (scratch, *scratch.parents[:2]):
        directory.chmod(directory.stat().st_mode | 0o011)  # the guests' own user must come through
    cloud = RealCloud(scratch / "state", scratch / "config", port)
    cloud.up()
    public = cloud.key.with_name("key.pub").read_text().strip()
    cloud.demo.post("compute", "/os-keypairs", {"keypair": {"name": "test", "public_key": public}})
    try:
        yield cloud
    finally:
        cloud.cupola("down", "--purge")
