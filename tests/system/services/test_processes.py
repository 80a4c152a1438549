"""API, conductor and agent as their units start them, with sockets of ours in the place of systemd's and journald's."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cupola.base.bus.nowhere import Nowhere
from cupola.base.db.engine import make_engine
from cupola.base.db.migrations import sync
from cupola.base.hosts.credentials import issue
from cupola.cli.client import Client, Credentials, wait_for
from cupola.testing.real import free_port
from cupola.testing.servers import database, rabbitmq
from cupola.testing.units import UNITS, Journal, Unit
from cupola.wiring.bootstrap import bootstrap
from cupola.wiring.plane import open_plane
from cupola.wiring.settings import load_settings

PASSWORD = "of this test"


class Cloud:
    """A cloud in three processes on a private database and broker; the host is a simulated one."""

    def __init__(self, directory: Path, server: database.DatabaseServer, broker: str) -> None:
        self.directory, self.server = directory, server
        self.state, self.config, self.port = directory / "state", directory / "cupola.toml", free_port()
        self.journal = Journal(directory / "journal")
        self.observed = {name: f"127.0.0.1:{free_port()}" for name in ("conductor", "agent")}
        self.url = server.new_database("cloud")
        self.config.write_text(
            f'[DEFAULT]\nhypervisor = "simulated"\nport = {self.port}\nhost = "h1"\ntransport_url = "{broker}"\n'
            f'[database]\nconnection = "{self.url}"\n'
        )
        places = {"/etc/cupola/cupola.toml": str(self.config), "/var/lib/cupola": str(self.state)}
        self.units = {
            name: Unit(UNITS / f"cupola-{name}.service", directory / name, places, self.journal)
            for name in ("api", "conductor", "agent")
        }

    def make(self) -> None:
        """What `cupola install` does before it starts anything."""
        self.state.mkdir()
        (self.state / "agent").mkdir(mode=0o700)
        engine = make_engine(self.url)
        sync(engine)
        engine.dispose()
        settings = load_settings(self.config, self.state, {})
        plane = open_plane(settings, "test", bus=Nowhere())
        bootstrap(plane.ctx, settings, plane.people, PASSWORD, PASSWORD)
        credential = self.state / "agent" / "credential"
        credential.write_text(issue(plane.ctx, "h1"))
        credential.chmod(0o600)
        plane.close()

    def start(self, name: str) -> Unit:
        more = {"CUPOLA_OBSERVE_BIND": self.observed[name]} if name in self.observed else {}
        self.units[name].start(**more)
        return self.units[name]

    def stop(self, *names: str) -> None:
        for name in names:
            self.units[name].signal(signal.SIGTERM)
            assert self.units[name].ended() == 0

    def all_up(self) -> None:
        """Start what does not run."""
        for name, unit in self.units.items():
            if not unit.runs:
                self.start(name).until("READY=1")
        self.units["agent"].has_said("STATUS=Looking after host h1.")

    def ask(self, where: str, path: str) -> tuple[int, Any]:
        with contextlib.suppress(json.JSONDecodeError):
            try:
                with urllib.request.urlopen(f"http://{where}{path}", timeout=20) as answer:
                    text = answer.read().decode()
                    return answer.status, json.loads(text)
            except urllib.error.HTTPError as error:
                return error.code, json.loads(error.read())
        return 200, text

    @property
    def demo(self) -> Client:
        return Client(Credentials(f"http://127.0.0.1:{self.port}/identity", "demo", PASSWORD, "demo"))

    def boot(self) -> tuple[str, str]:
        """A server; its id, and the id of the request that made it."""
        demo = self.demo
        wanted = {
            "name": "seen",
            "imageRef": demo.get("image", "/v2/images?name=guest")["images"][0]["id"],
            "flavorRef": next(f["id"] for f in demo.get("compute", "/flavors")["flavors"] if f["name"] == "m1.tiny"),
            "networks": [{"uuid": demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]}],
        }
        server = str(demo.post("compute", "/servers", {"server": wanted})["server"]["id"])

        def active() -> str | None:
            shown = demo.get("compute", f"/servers/{server}")["server"]
            assert shown["status"] != "ERROR", shown["fault"]
            return server if shown["status"] == "ACTIVE" else None

        wait_for("the server was not there", 60, active)
        actions = demo.get("compute", f"/servers/{server}/os-instance-actions")["instanceActions"]
        return server, str(next(each["request_id"] for each in actions if each["action"] == "create"))

    def close(self) -> None:
        for unit in self.units.values():
            unit.close()
        self.journal.close()


@pytest.fixture
def cloud(made: Cloud) -> Cloud:
    made.all_up()
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    if not (database.installed("postgresql") and rabbitmq.installed()):
        pytest.skip("PostgreSQL and RabbitMQ are not installed (`make test` installs them)")
    with (
        database.database_server("postgresql", tcp=True) as server,
        rabbitmq.rabbitmq_server() as broker,
    ):
        cloud = Cloud(tmp_path_factory.mktemp("cloud"), server, broker.url)
        cloud.make()
        try:
            yield cloud
        finally:
            cloud.close()


def test_what_needs_the_database_waits_for_it_and_says_so(cloud: Cloud) -> None:
    cloud.stop("api", "conductor")
    cloud.server.stop()
    api, conductor = cloud.start("api"), cloud.start("conductor")
    for unit in (api, conductor):
        status = unit.until("STATUS=Waiting for the database: ")
        assert "refused" in status
        unit.until("EXTEND_TIMEOUT_USEC=")
        assert "READY=1" not in unit.heard
    cloud.server.start()
    for unit in (api, conductor):
        unit.until("READY=1")
        unit.until("WATCHDOG=1")
    assert cloud.ask(f"127.0.0.1:{cloud.port}", "/healthcheck/ready")[0] == 200


def test_an_agent_waits_for_the_control_plane_and_says_so(cloud: Cloud) -> None:
    cloud.stop("agent")
    cloud.units["api"].signal(signal.SIGSTOP)
    agent = cloud.start("agent")
    agent.until("READY=1")  # else those that are started after it, the APIs among them, would wait for it
    agent.until("STATUS=Waiting for the control plane: ")
    status, said = cloud.ask(cloud.observed["agent"], "/healthcheck/ready")
    assert (status, said["parts"]["control plane"]) == (503, "does not answer")
    cloud.units["api"].signal(signal.SIGCONT)
    agent.until("STATUS=Looking after host h1.")
    wait_for(
        "the agent was not ready",
        20,
        lambda: True if cloud.ask(cloud.observed["agent"], "/healthcheck/ready")[0] == 200 else None,
    )


def test_one_request_is_followed_through_all_journals(cloud: Cloud) -> None:
    server, request = cloud.boot()
    records = cloud.journal.with_field("REQUEST_ID", request)
    services = {record["SERVICE"] for record in records}
    assert services == {"compute", "conductor", "agent"}
    of_agent = [record for record in records if record["SERVICE"] == "agent"]
    assert {record["HOST"] for record in of_agent} == {"h1"}
    operations = {record["OPERATION_ID"] for record in records if "OPERATION_ID" in record}
    assert len(operations) == 1
    about = cloud.journal.with_field("RESOURCE", f"server/{server}")
    assert {record["SERVICE"] for record in about} >= {"conductor", "agent"}
    message = next(record["BUS_MESSAGE_ID"] for record in of_agent if record["RESOURCE"] == f"server/{server}")
    assert {record["SERVICE"] for record in cloud.journal.with_field("BUS_MESSAGE_ID", message)} == {
        "conductor",
        "agent",
    }


def test_figures_of_what_was_done_are_told_by_whoever_did_it(cloud: Cloud) -> None:
    cloud.boot()
    _, conductor = cloud.ask(cloud.observed["conductor"], "/metrics")
    assert 'cupola_hosts{state="up"} 1.0' in conductor
    assert 'cupola_component_step_seconds_count{component="runner"}' in conductor
    _, agent = cloud.ask(cloud.observed["agent"], "/metrics")
    assert 'cupola_agent_work_total{result="done",work="converge"}' in agent
    assert "cupola_hosts" not in agent
    assert cloud.ask(f"127.0.0.1:{cloud.port}", "/metrics")[0] == 404


@pytest.mark.parametrize("name", ["api", "conductor", "agent"])
def test_settings_are_read_again(cloud: Cloud, name: str) -> None:
    before, unit = cloud.config.read_text(), cloud.units[name]
    try:
        cloud.config.write_text(before.replace("[DEFAULT]", '[DEFAULT]\nlog_level = "DEBUG"', 1))
        unit.signal(signal.SIGHUP)
        unit.until("RELOADING=1")
        unit.until("READY=1")
        assert "changed: [DEFAULT] log_level." in unit.until("STATUS=")
        cloud.config.write_text("nonsense")
        unit.signal(signal.SIGHUP)
        assert "The settings stay as they were: " in unit.until("STATUS=")
        unit.until("WATCHDOG=1")
    finally:
        cloud.config.write_text(before)


def test_requests_under_way_are_finished_when_an_api_ends(cloud: Cloud) -> None:
    """A question to a host takes as long as the host does."""
    host, api = cloud.units["agent"], cloud.units["api"]
    assert api.process is not None
    host.signal(signal.SIGSTOP)
    admin = Client(Credentials(f"http://127.0.0.1:{cloud.port}/identity", "admin", PASSWORD, "admin"))
    admin.get("lens", "/v1/status")
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(admin.get("lens", "/v1/doctor")))
    asking.start()
    time.sleep(1)
    api.signal(signal.SIGTERM)
    api.until("STOPPING=1")
    assert not answers
    host.signal(signal.SIGCONT)
    asking.join(60)
    assert answers
    assert api.ended() == 0


@pytest.mark.parametrize("name", ["agent", "conductor"])
def test_each_ends_in_order(cloud: Cloud, name: str) -> None:
    unit = cloud.units[name]
    unit.signal(signal.SIGTERM)
    unit.until("STOPPING=1")
    assert unit.ended() == 0
    assert not [record for record in cloud.journal.records if "still at work" in record["MESSAGE"]]
