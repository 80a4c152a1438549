"""The units on a machine with systemd as its first process: real scopes, journal, watchdog, restarts and a reboot."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cupola
from cupola.cli.client import wait_for
from cupola.guest.build import build, default_cache
from cupola.testing.servers import rabbitmq
from cupola.testing.servers.machine import Machine, booted_machine, installed
from cupola.testing.units import UNITS

pytestmark = [pytest.mark.root, pytest.mark.guest]

SOURCE = Path(cupola.__file__).parents[1]
SETTINGS = """
[DEFAULT]
host = "h1"
hypervisor = "qemu"
transport_url = "rabbit://guest:guest@127.0.0.1:5672//"
"""
PROGRAM = f"""#!/bin/sh
PYTHONPATH={SOURCE}; export PYTHONPATH
exec {sys.executable} -m cupola.cli.main "$@"
"""
OUR_PYTHON = "[Service]\nProtectHome=no\n"
"""Ours may be in somebody's home, which an installed cloud does not need."""
CACHE = "/srv/cupola"
SYNC = """
import cupola.wiring.services
from cupola.base.db import engine, migrations
migrations.sync(engine.make_engine("sqlite:////var/lib/cupola/cupola.db"))
"""
CLIENT = """
import json, sys
from pathlib import Path
from cupola.cli.client import Client, Credentials
call = json.loads(sys.argv[1])
who = Client(Credentials("http://127.0.0.1:8780/identity", call["who"], "secret", call["who"]))
print(json.dumps(getattr(who, call["verb"])(*call["words"])))
"""


class Installed:
    """A machine with a whole cloud in its units."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.run = machine.run

    def install(self) -> None:
        """What the package and `cupola install` do, with this program in the place of theirs."""
        machine = self.machine
        for unit in UNITS.iterdir():
            machine.write(f"/etc/systemd/system/{unit.name}", unit.read_text())
        for name in ("api", "conductor"):
            machine.write(f"/etc/systemd/system/cupola-{name}.service.d/python.conf", OUR_PYTHON)
        machine.write("/usr/bin/cupola", PROGRAM, 0o755)
        machine.write("/etc/cupola/cupola.toml", SETTINGS)
        (machine.root / "root").chmod(0o711)
        self.run("useradd", "--system", "--home-dir", "/var/lib/cupola", "--shell", "/usr/sbin/nologin", "cupola")
        self.run("rm", "-rf", "/var/lib/cupola")
        self.run("install", "-d", "-m", "1771", "-g", "cupola", "/var/lib/cupola")
        self.run("install", "-d", "-m", "700", "/var/lib/cupola/agent")
        image = build(default_cache())
        shutil.copytree(image.parent, machine.root / CACHE.lstrip("/") / image.parent.name)
        self.run("chmod", "-R", "a+rX", CACHE)
        self.as_cupola(sys.executable, "-c", SYNC)
        self.as_cupola("cupola", "bootstrap")
        credential = self.as_cupola("cupola", "host", "credential", "h1")
        machine.write("/var/lib/cupola/agent/credential", credential, 0o600)
        self.run("systemctl", "daemon-reload")
        services = [f"cupola-{name}.service" for name in ("api", "conductor", "agent")]
        self.run("systemctl", "enable", *services, "cupola.target", "rabbitmq-server")

    def as_cupola(self, *words: str) -> str:
        variables = ["CUPOLA_ADMIN_PASSWORD=secret", "CUPOLA_DEMO_PASSWORD=secret", f"CUPOLA_CACHE={CACHE}"]
        variables.append("CUPOLA_STATE_DIR=/var/lib/cupola")
        return self.run("runuser", "-u", "cupola", "--", "env", f"PYTHONPATH={SOURCE}", *variables, *words)

    def start(self) -> None:
        self.run("systemctl", "start", "rabbitmq-server", "cupola.target")
        until(self.is_sound)

    def is_sound(self) -> bool:
        """Whether APIs and host answer, and doctor has nothing to say."""
        self.run("systemctl", "is-active", "--quiet", "cupola-api", "cupola-conductor", "cupola-agent")
        hosts = self.ask("admin", "get", "lens", "/v1/status")["hosts"]
        return bool(hosts) and self.ask("admin", "get", "lens", "/v1/doctor")["findings"] == []

    def ask(self, who: str, verb: str, *words: Any) -> Any:
        call = json.dumps({"who": who, "verb": verb, "words": words})
        return json.loads(self.run("env", f"PYTHONPATH={SOURCE}", sys.executable, "-c", CLIENT, call))

    def boot(self) -> str:
        networks = self.ask("demo", "get", "network", "/v2.0/networks?name=private")["networks"]
        wanted = {
            "name": "first",
            "imageRef": self.ask("demo", "get", "image", "/v2/images?name=guest")["images"][0]["id"],
            "flavorRef": next(f["id"] for f in self.flavors() if f["name"] == "m1.tiny"),
            "networks": [{"uuid": networks[0]["id"]}],
        }
        return str(self.ask("demo", "post", "compute", "/servers", {"server": wanted})["server"]["id"])

    def flavors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("demo", "get", "compute", "/flavors")["flavors"]
        return found

    def until_active(self, server: str) -> None:
        def active() -> bool | None:
            shown = self.ask("demo", "get", "compute", f"/servers/{server}")["server"]
            assert shown["status"] != "ERROR", shown["fault"]
            return True if shown["status"] == "ACTIVE" and self.guest() else None

        wait_for("the server was not there", 120, active, every=1)

    def guest(self) -> str:
        return self.run("pgrep", "-f", "qemu-system-x86_64 -name", check=False)

    def show(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit, as systemd tells them."""
        said = self.run("systemctl", "show", unit, *(word for name in names for word in ("-p", name)))
        return dict(line.split("=", 1) for line in said.splitlines())

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        lines = self.run("journalctl", "-o", "json", "--no-pager", *matches).splitlines()
        return [json.loads(line) for line in lines]


def until(holds: Callable[[], bool], within: float = 60) -> None:
    wait_for("it did not come to be", within, lambda: True if holds() else None, every=0.5)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Installed]:
    if not os.environ.get("CUPOLA_TEST_MACHINE"):
        pytest.skip("takes minutes (`make test-full` does it)")
    if not (installed() and rabbitmq.installed()):
        pytest.skip("needs root, systemd-nspawn and RabbitMQ")
    directory = Path(tempfile.mkdtemp(prefix="cupola-machine-"))
    try:
        with booted_machine(directory) as machine:
            cloud = Installed(machine)
            cloud.install()
            cloud.start()
            yield cloud
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def server(cloud: Installed) -> str:
    server = cloud.boot()
    cloud.until_active(server)
    return server


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("api", "Serving on port 8780."),
        ("conductor", "Carrying out what was asked."),
        ("agent", "Looking after host h1."),
    ],
)
def test_each_is_ready_and_says_what_it_is_at(cloud: Installed, name: str, status: str) -> None:
    wanted = {"ActiveState": "active", "NRestarts": "0", "StatusText": status}
    until(lambda: cloud.show(f"cupola-{name}", *wanted) == wanted)


def test_what_needs_no_privilege_has_none(cloud: Installed) -> None:
    for name in ("api", "conductor"):
        pid = cloud.show(f"cupola-{name}", "MainPID")["MainPID"]
        lines = cloud.run("cat", f"/proc/{pid}/status").splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert (status["CapEff"], status["NoNewPrivs"], status["Seccomp"]) == ("0" * 16, "1", "2")
        said = cloud.run("nsenter", "-t", pid, "-m", "--", "sh", "-c", "touch /etc/x 2>&1", check=False)
        assert "Read-only file system" in said


def test_guests_and_dnsmasq_have_scopes_with_their_limits(cloud: Installed, server: str) -> None:
    (scope,) = cloud.run("systemctl", "list-units", "--plain", "--no-legend", f"cupola-guest-{server}*").splitlines()
    name = scope.split()[0]
    limits = cloud.show(name, "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax", "Slice")
    assert limits == {
        "MemoryMax": str(384 << 20),
        "CPUQuotaPerSecUSec": "2s",
        "TasksMax": "257",
        "Slice": "cupola-guests.slice",
    }
    assert cloud.run("systemctl", "list-units", "--plain", "--no-legend", "cupola-dnsmasq-*")


def test_there_is_a_place_for_the_figures_of_apaches_processes(cloud: Installed) -> None:
    assert cloud.run("stat", "-c", "%U %a", "/run/cupola/metrics") == "cupola 750"


def kill(cloud: Installed) -> None:
    cloud.run("systemctl", "kill", "--signal=KILL", "cupola-agent")
    again = {"NRestarts": "1", "ActiveState": "active"}
    until(lambda: cloud.show("cupola-agent", *again) == again)


def restart(cloud: Installed) -> None:
    cloud.run("systemctl", "restart", "cupola-agent")


def stop(cloud: Installed) -> None:
    cloud.run("systemctl", "stop", "cupola.target")
    for name in ("api", "conductor", "agent"):
        until(lambda name=name: cloud.show(f"cupola-{name}", "ActiveState")["ActiveState"] == "inactive")
    cloud.run("systemctl", "start", "cupola.target")


@pytest.mark.parametrize("happens", [kill, restart, stop])
def test_guests_outlive_the_agent(cloud: Installed, server: str, happens: Callable[[Installed], None]) -> None:
    guest, dnsmasq = cloud.guest(), cloud.run("pgrep", "-x", "dnsmasq")
    happens(cloud)
    assert (cloud.guest(), cloud.run("pgrep", "-x", "dnsmasq")) == (guest, dnsmasq)
    until(cloud.is_sound)


def test_one_request_is_followed_through_the_journal(cloud: Installed, server: str) -> None:
    actions = cloud.ask("demo", "get", "compute", f"/servers/{server}/os-instance-actions")["instanceActions"]
    records = cloud.journal(f"REQUEST_ID={actions[0]['request_id']}")
    units = {record["_SYSTEMD_UNIT"] for record in records}
    assert units == {"cupola-api.service", "cupola-conductor.service", "cupola-agent.service"}


def test_one_that_hangs_is_started_again(cloud: Installed) -> None:
    cloud.machine.write("/etc/systemd/system/cupola-conductor.service.d/soon.conf", "[Service]\nWatchdogSec=4\n")
    cloud.run("systemctl", "daemon-reload")
    cloud.run("systemctl", "restart", "cupola-conductor")
    cloud.run("systemctl", "kill", "--signal=STOP", "cupola-conductor")
    until(lambda: cloud.show("cupola-conductor", "NRestarts")["NRestarts"] == "1")
    until(lambda: cloud.show("cupola-conductor", "ActiveState")["ActiveState"] == "active")


def test_servers_run_again_after_a_reboot(cloud: Installed, server: str) -> None:
    cloud.run("sync")
    cloud.machine.power_off()
    cloud.machine.boot()
    cloud.start()
    cloud.until_active(server)
    until(cloud.is_sound)
