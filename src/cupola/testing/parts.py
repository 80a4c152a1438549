"""A whole cloud in processes of its own: database, broker, APIs, conductors and agents, from one settings file.

    with parts_cloud(database="postgresql", hosts=("h1", "h2"), conductors=2) as cloud:
        cloud.kill("conductor1")
        cloud.start("conductor1")
        cloud.demo.post("compute", "/servers", {...})

Processes are called api1, api2 …, conductor1 …, and agent-<host>; each is started with the `cupola` command, has a log
in `cloud.logs`, and is there for good when `start` returns. Everything ends with the block.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url

from cupola.base.bus.nowhere import Nowhere
from cupola.cli import clouds
from cupola.cli.client import Client, Credentials, wait_for
from cupola.network.host.drivers.linux.machine import routed
from cupola.testing.servers import free_port
from cupola.testing.servers.database import DatabaseServer, database_server
from cupola.testing.servers.rabbitmq import RabbitServer, rabbitmq_server
from cupola.wiring.host import remove_host
from cupola.wiring.plane import open_plane
from cupola.wiring.settings import PUBLIC_CIDR, load_settings
from cupola.wiring.started import FILE, first_free

C = TypeVar("C", bound="PartsCloud")
PASSWORD = "secret"  # noqa: S105 - of a cloud that ends with the test
READY_WITHIN = 120.0
STOP_WITHIN = 90.0


class PartsCloud:
    """See the module. `broker` and `database` are the servers themselves (None: SQLite), to be killed and restarted."""

    def __init__(
        self,
        scratch: Path,
        broker: RabbitServer,
        database: DatabaseServer | None,
        hosts: Sequence[str] = ("h1",),
        apis: int = 1,
        conductors: int = 1,
        hypervisor: str = "simulated",
        settings: str = "",
    ) -> None:
        """`settings` are more lines of cupola.toml. Nothing is started yet."""
        self.scratch, self.broker, self.database = scratch, broker, database
        self.state, self.logs, self.config = scratch / "state", scratch / "logs", scratch / "cupola.toml"
        self.ports = {f"api{number + 1}": free_port() for number in range(apis)}
        self.hosts, self._hypervisor = tuple(hosts), hypervisor
        self.names = (*self.ports, *(f"conductor{number + 1}" for number in range(conductors)), *map(_agent, hosts))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.url = "http://127.0.0.1:{}".format(self.ports["api1"])
        for directory in (self.state, self.logs, *(self.state_of(host) for host in hosts)):
            directory.mkdir(mode=0o711, exist_ok=True)
        self.database_url = (
            f"sqlite:///{self.state / 'cupola.db'}" if database is None else database.new_database("cloud")
        )
        self.config.write_text(self._settings(settings))
        self.config.chmod(0o600)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CUPOLA_")},
            **{name: value for name, value in os.environ.items() if name in ("CUPOLA_CACHE",)},
            "XDG_CONFIG_HOME": str(scratch / "config"),
            "CUPOLA_ADMIN_PASSWORD": PASSWORD,
            "CUPOLA_DEMO_PASSWORD": PASSWORD,
            "CUPOLA_STATE_DIR": str(self.state),
            "CUPOLA_CONFIG": str(self.config),
        }

    def _settings(self, more: str) -> str:
        url = make_url(self.database_url).render_as_string(hide_password=False)
        apis = ",".join(f"http://127.0.0.1:{port}" for port in self.ports.values())
        return (
            f"[DEFAULT]\ntransport_url = {json.dumps(self.broker.url)}\npublic_url = {json.dumps(self.url)}\n"
            f'hypervisor = "{self._hypervisor}"\n'
            f"[database]\nconnection = {json.dumps(url)}\n"
            f'[network]\npublic_cidr = "{self._public_cidr()}"\n'
            f'[agent]\ncontrol_url = "{apis}"\n{more}'
        )

    def _public_cidr(self) -> str:
        """A network that this machine has no route to."""
        first = IPv4Network(PUBLIC_CIDR)
        return str(first if self._hypervisor == "simulated" else first_free(first, [each for each, _ in routed()]))

    def state_of(self, host: str) -> Path:
        """The state directory of a host; the first one's is that of the APIs and conductors."""
        return self.state if host == self.hosts[0] else self.scratch / f"state-{host}"

    # start and stop -----------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the tables, what a cloud starts with, and the hosts' credentials."""
        settings = load_settings(self.config, self.state, {"host": self.hosts[0]})
        open_plane(settings, "test", apart=False, bus=Nowhere()).close()
        self.cupola("bootstrap")
        for host in self.hosts:
            (self.state_of(host) / "agent").mkdir(mode=0o700, exist_ok=True)
            self.cupola("host", "credential", host, "--output", str(self.state_of(host) / "agent" / "credential"))
        entries = clouds.entries(f"{self.url}/identity", PASSWORD, PASSWORD)
        clouds.merge(self.state / "clouds.yaml", entries)
        document = {"DEFAULT": {"hypervisor": self._hypervisor, "host": self.hosts[0], "public_url": self.url}}
        document["network"] = {"public_cidr": settings.public_cidr}
        (self.state / FILE).write_text(json.dumps(document))

    def start_all(self) -> None:
        for name in self.names:
            self.start(name)

    def start(self, name: str) -> None:
        """Start a process that does not run, and wait until it says that it is ready."""
        assert not self.runs(name), f"{name} runs already"
        with tempfile.TemporaryDirectory(prefix="cupola-notify-") as directory:
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listening.bind(f"{directory}/socket")
            listening.settimeout(0.2)
            with contextlib.closing(listening):
                self.processes[name] = self._spawn(name, {"NOTIFY_SOCKET": f"{directory}/socket"})
                self._await_ready(name, listening)

    def _spawn(self, name: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.logs / name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "cupola.cli.main", *self._words(name)],
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _words(self, name: str) -> list[str]:
        if name in self.ports:
            return ["api", "--port", str(self.ports[name])]
        if name.startswith("conductor"):
            return ["conductor"]
        host = name.removeprefix("agent-")
        return ["agent", "--host", host, "--state-dir", str(self.state_of(host))]

    def _await_ready(self, name: str, listening: socket.socket) -> None:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in listening.recv(4096):
                    return
            assert self.processes[name].poll() is None, f"{name} ended:\n{self.log(name)[-3000:]}"
        raise TimeoutError(f"{name} was not ready within {READY_WITHIN:.0f} s:\n{self.log(name)[-3000:]}")

    def runs(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is None

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self.processes[name].kill()
        self.processes.pop(name).wait()

    def stop(self, name: str) -> None:
        """End a process in order."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def close(self) -> None:
        """End everything, guests and networks too."""
        for name in reversed(self.names):
            if self.runs(name):
                self.kill(name)
        if self._hypervisor != "simulated":
            for host in self.hosts:
                remove_host(load_settings(self.config, self.state_of(host), {"host": host}))

    def log(self, name: str) -> str:
        """What a process has logged."""
        return (self.logs / name).read_text(errors="replace")

    # use ----------------------------------------------------------------------------------------------------------

    def cupola(self, *words: str) -> str:
        """Run a command of ours; returns what it printed."""
        command = [sys.executable, "-m", "cupola.cli.main", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    @property
    def demo(self) -> Client:
        return Client(Credentials.load(self.state, "cupola"))

    @property
    def admin(self) -> Client:
        return Client(Credentials.load(self.state, "cupola-admin"))

    def until_hosts_are_up(self, within: float = 60.0) -> None:
        """Wait until all hosts have said hello."""
        client = self.admin

        def there() -> bool | None:
            hosts = client.get("lens", "/v1/status")["hosts"]
            return True if {host["name"] for host in hosts if host["alive"]} >= set(self.hosts) else None

        wait_for("not all hosts were there", within, there)

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.admin.get("lens", "/v1/doctor")["findings"]
        return found


def _agent(host: str) -> str:
    return f"agent-{host}"


@contextlib.contextmanager
def parts_cloud(database: str = "sqlite", kind: type[C] = PartsCloud, **options: Any) -> Iterator[C]:  # type: ignore[assignment]
    """A cloud that runs, on a `database` of that kind; `options` are those of `kind`."""
    scratch = Path(tempfile.mkdtemp(prefix="cupola-parts-"))
    scratch.chmod(0o711)  # the guests' own user must come through
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        broker = stack.enter_context(rabbitmq_server())
        server = None if database == "sqlite" else stack.enter_context(database_server(database))
        cloud = kind(scratch, broker, server, **options)
        stack.callback(cloud.close)
        cloud.prepare()
        cloud.start_all()
        cloud.until_hosts_are_up()
        yield cloud
