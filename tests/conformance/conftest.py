"""A cloud with simulated hosts, started with the `cupola` command, and the stock clients that talk to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml

from cupola.testing.apache import ApacheCloud
from cupola.testing.parts import parts_cloud
from cupola.testing.servers import apache, database, free_port, rabbitmq

QUICK = ("test_plain_http", "test_openstacksdk")
LIMIT = 60
"""seconds that anything here may take"""


@dataclass(frozen=True)
class SimulatedCloud:
    """A running cloud as its users see it."""

    url: str
    environment: dict[str, str]

    @property
    def config(self) -> Path:
        return Path(self.environment["OS_CLIENT_CONFIG_FILE"])

    def credentials(self, name: str) -> dict[str, str]:
        """What clouds.yaml says of "cupola" (the demo user) or "cupola-admin"."""
        found: dict[str, str] = yaml.safe_load(self.config.read_text())["clouds"][name]["auth"]
        return found

    def connect(self, name: str = "cupola") -> Any:
        """openstacksdk, logged in."""
        entries = openstack.config.OpenStackConfig(config_files=[str(self.config)], load_envvars=False)
        return openstack.connection.Connection(config=entries.get_one(name))


def _cupola(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "cupola.cli.main", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, f"cupola {' '.join(words)}: {done.stdout}{done.stderr}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every suite on a cloud that is one process; on one whose parts are apart, under Apache, those that are quick, or
    all of them with CUPOLA_TEST_APACHE=all."""
    if "cloud" in metafunc.fixturenames:
        everything = os.environ.get("CUPOLA_TEST_APACHE") == "all"
        apart = everything or metafunc.module.__name__.rpartition(".")[2] in QUICK
        metafunc.parametrize("cloud", ["one process", *(["apache"] if apart else [])], indirect=True, scope="session")


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    scratch = tmp_path_factory.mktemp("conformance")
    with _under_apache(scratch) if request.param == "apache" else _one_process(scratch) as cloud:
        yield cloud


@contextmanager
def _one_process(scratch: Path) -> Iterator[SimulatedCloud]:
    state, port = scratch / "state", free_port()
    environment = _environment(scratch, state)
    _cupola(environment, "up", "--port", str(port), "--hypervisor", "simulated")
    try:
        yield SimulatedCloud(f"http://127.0.0.1:{port}", environment)
        _cupola(environment, "doctor")
    finally:
        _cupola(environment, "down", "--purge")


@contextmanager
def _under_apache(scratch: Path) -> Iterator[SimulatedCloud]:
    """Apache, a conductor and an agent, with RabbitMQ and a database server between them."""
    kind = os.environ.get("CUPOLA_TEST_STACK", "postgresql")
    if not apache.installed() or not rabbitmq.installed() or (kind != "sqlite" and not database.installed(kind)):
        pytest.skip(f"Apache with mod_wsgi for this Python, RabbitMQ or {kind} is not installed")
    with parts_cloud(kind, kind=ApacheCloud) as parts:
        environment = _environment(scratch, parts.state)
        yield SimulatedCloud(parts.url, environment)
        _cupola(environment, "doctor")


def _environment(scratch: Path, state: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return plain | {
        "XDG_CONFIG_HOME": str(scratch / "config"),
        "OS_CLIENT_CONFIG_FILE": str(state / "clouds.yaml"),
        "CUPOLA_STATE_DIR": str(state),
    }


class Openstack:
    """The `openstack` command, as the demo user or (`admin`) the administrator."""

    def __init__(self, demo: subprocess.Popen[str], admin: subprocess.Popen[str]) -> None:
        self._demo, self._admin = demo, admin

    def run(self, command: str, *more: str, admin: bool = False) -> str:
        """Its output. `more` are words with spaces in them."""
        done = self._ask(command, more, admin)
        assert done["code"] == 0, f"openstack {command}: {done['out']}{done['errors']}"
        return str(done["out"])

    def json(self, command: str, *more: str, admin: bool = False) -> Any:
        return json.loads(self.run(command, *more, "-f", "json", admin=admin))

    def refused(self, command: str, *more: str, admin: bool = False) -> str:
        """What it says when the cloud does not do it."""
        done = self._ask(command, more, admin)
        assert done["code"] != 0, f"openstack {command}: {done['out']}"
        return str(done["errors"])

    def until(self, command: str, field: str, value: str) -> dict[str, Any]:
        """Ask until a field has a value."""
        end = time.monotonic() + LIMIT
        while True:
            shown: dict[str, Any] = self.json(command)
            if shown[field] == value:
                return shown
            assert time.monotonic() < end, f"openstack {command}: {field} is {shown[field]}, not {value}"
            time.sleep(0.1)

    def _ask(self, command: str, more: tuple[str, ...], admin: bool) -> dict[str, Any]:
        child = self._admin if admin else self._demo
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(json.dumps([*command.split(), *more]) + "\n")
        child.stdin.flush()
        answer: dict[str, Any] = json.loads(child.stdout.readline())
        return answer


@contextmanager
def _client(cloud: SimulatedCloud, name: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own: it remembers for ever who it was first."""
    command = [sys.executable, str(Path(__file__).with_name("client.py"))]
    environment = {**cloud.environment, "OS_CLOUD": name}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        yield child
        assert child.stdin is not None
        child.stdin.close()


@pytest.fixture(scope="session")
def stock(cloud: SimulatedCloud) -> Iterator[Openstack]:
    """The stock command-line client."""
    with _client(cloud, "cupola") as demo, _client(cloud, "cupola-admin") as admin:
        yield Openstack(demo, admin)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Asks until there is an answer that counts."""

    def wait(question: Callable[[], Any]) -> Any:
        end = time.monotonic() + LIMIT
        while not (answer := question()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.1)
        return answer

    return wait
