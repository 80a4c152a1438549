"""A real cloud for system tests: QEMU guests, network namespaces, its own state directory and port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cupola.cli.client import Client, Credentials, wait_for
from cupola.cli.ssh import Way, way_to
from cupola.cli.state import StateLock
from cupola.testing.servers import free_port


class RealCloud:
    """Started and stopped as a user would, with the `cupola` command."""

    def __init__(self, scratch: Path, options: Sequence[str] = (), enter: Sequence[str] = ()) -> None:
        """`options` are those of `up`, if not the usual ones; `enter` is put before each command."""
        self.scratch, self.state, self.port = scratch, scratch / "state", free_port()
        self._options = options or ("--port", str(self.port), "--hypervisor", "qemu")
        self._enter = enter
        config = str(scratch / "config")
        self.environment = {**os.environ, "XDG_CONFIG_HOME": config, "CUPOLA_STATE_DIR": str(self.state)}
        self.key = scratch / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)

    def cupola(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of ours."""
        command = [*self._enter, sys.executable, "-m", "cupola.cli.main", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def up(self) -> None:
        self.cupola("up", *self._options)

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

    def prepare(self) -> None:
        """Do what users do first: bring a key, and let everybody in by ssh."""
        demo = self.demo
        public = self.key.with_name("key.pub").read_text().strip()
        demo.post("compute", "/os-keypairs", {"keypair": {"name": "test", "public_key": public}})
        group = demo.get("network", "/v2.0/security-groups?name=default")["security_groups"][0]["id"]
        rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
        ports = {"port_range_min": 22, "port_range_max": 22}
        demo.post("network", "/v2.0/security-group-rules", {"security_group_rule": {**rule, **ports}})

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

    def action(self, server_id: str, name: str, argument: Any = None) -> Any:
        """Do something to a server; returns the answer's body."""
        return self.demo.post("compute", f"/servers/{server_id}/action", {name: argument})

    def failed_action(self, server_id: str, name: str) -> str | None:
        """Why the last action of that name failed; None if it has not."""
        path = f"/servers/{server_id}/os-instance-actions"
        last = next(a for a in self.admin.get("compute", path)["instanceActions"] if a["action"] == name)
        if not last["message"]:
            return None
        shown = self.admin.get("compute", f"{path}/{last['request_id']}")["instanceAction"]
        return str([event.get("traceback") for event in shown["events"]])

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
def run_cloud(options: Sequence[str] = (), enter: Sequence[str] = ()) -> Iterator[RealCloud]:
    """A cloud for as long as the caller needs it; afterwards nothing of it is left."""
    scratch = Path(tempfile.mkdtemp(prefix="cupola-test-"))
    scratch.chmod(0o711)  # the guests' own user must come through
    cloud = RealCloud(scratch, options, enter)
    try:
        cloud.up()
        if not enter:
            cloud.prepare()
        yield cloud
    finally:
        cloud.cupola("down", "--purge")
        shutil.rmtree(scratch)
