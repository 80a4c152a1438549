"""A leak of each kind, planted with raw tools: doctor names it, and the next full pass of the agent mends it.

What can be planted in the database alone is in `tests/api/lens/test_doctor.py`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from typing import Any

import pytest

from cupola.cli.client import wait_for
from cupola.testing.real import RealCloud
from cupola.wiring.places import Namespaces, namespaces
from cupola.wiring.started import started

pytestmark = [pytest.mark.root, pytest.mark.guest]


def places(cloud: RealCloud) -> Namespaces:
    settings = started(cloud.state)
    assert settings is not None
    return namespaces(settings)


def inside(cloud: RealCloud, *words: str) -> str:
    """Run a command where the bridges and taps are; returns what it printed."""
    host = places(cloud).host
    enter = ["ip", "netns", "exec", host] if host else []
    return subprocess.run([*enter, *words], check=True, capture_output=True, text=True).stdout


def found(cloud: RealCloud, check: str, text: str = "") -> dict[str, Any]:
    """The finding of a check; it must be there at once."""
    findings = cloud.findings()
    matching = [each for each in findings if each["check"] == check and text in each["what"] + each["subject"]]
    assert matching, findings
    return matching[0]


def mended(cloud: RealCloud) -> None:
    """Start the cloud anew: an agent's first full pass puts right what it can."""
    cloud.cupola("down")
    cloud.up()
    cloud.until_no_findings()


@pytest.fixture
def server(cloud: RealCloud) -> str:
    server_id = cloud.boot("patient")
    cloud.until(server_id, "ACTIVE")
    cloud.until_no_findings()
    return server_id


def qemu(server_id: str) -> int:
    done = subprocess.run(["pgrep", "-f", f"qemu-system.*{server_id}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def test_a_killed_guest_is_shut_off_at_once(cloud: RealCloud, server: str) -> None:
    os.kill(qemu(server), signal.SIGKILL)
    cloud.until(server, "SHUTOFF", within=10)
    cloud.until_no_findings()


def test_a_guest_that_died_while_nobody_looked(cloud: RealCloud, server: str) -> None:
    cloud.cupola("down")
    os.kill(qemu(server), signal.SIGKILL)
    cloud.up()
    cloud.until(server, "SHUTOFF", within=20)
    cloud.until_no_findings()


def test_a_lost_disk(cloud: RealCloud, server: str) -> None:
    disk = cloud.state / "hypervisor" / "guests" / server / "disk.qcow2"
    kept = disk.with_name("kept")
    disk.rename(kept)
    assert str(disk) in found(cloud, "guest.disk", server)["what"]
    cloud.action(server, "os-stop")
    cloud.until(server, "SHUTOFF")
    cloud.action(server, "os-start")
    failed = wait_for("the start did not fail", 30, lambda: cloud.failed_action(server, "start"))
    assert "gone" in failed
    kept.rename(disk)
    cloud.action(server, "os-start")
    cloud.until(server, "ACTIVE")


@pytest.mark.qemu_only("a process of QEMU is not a domain")
def test_a_guest_that_nobody_wants(cloud: RealCloud, server: str) -> None:
    stray = cloud.boot("stray")
    cloud.delete(stray)
    run = cloud.state / "hypervisor" / "guests" / stray / "run"
    run.mkdir(parents=True)
    quiet = ["-S", "-nodefaults", "-display", "none", "-accel", "tcg", "-m", "16"]
    process = subprocess.Popen(["qemu-system-x86_64", *quiet, "-pidfile", str(run / "pid")])
    wait_for("QEMU did not start", 10, lambda: True if (run / "pid").exists() else None)
    found(cloud, "guest.unwanted", stray)
    mended(cloud)
    assert process.wait(10) != 0
    assert not run.exists()


@pytest.mark.qemu_only("in the machine's own network the taps of others are left alone")
def test_an_extra_tap(cloud: RealCloud, server: str) -> None:
    inside(cloud, "ip", "tuntap", "add", "dev", "tapdeadbeef-00", "mode", "tap")
    found(cloud, "host.differs", "tapdeadbeef-00")
    mended(cloud)


def test_a_lost_bridge(cloud: RealCloud, server: str) -> None:
    network = cloud.demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]
    inside(cloud, "ip", "link", "del", f"brq{network[:11]}")
    found(cloud, "network.differs", network)
    mended(cloud)


@pytest.mark.qemu_only("in the machine's own network it is made again at once")
def test_a_deleted_rule_set(cloud: RealCloud, server: str) -> None:
    _, family, name = inside(cloud, "nft", "list", "tables").splitlines()[0].split()
    inside(cloud, "nft", "delete", "table", family, name)
    assert any(name in each["what"] or each["check"].endswith(".differs") for each in cloud.findings())
    mended(cloud)


def test_a_lost_namespace(cloud: RealCloud, server: str) -> None:
    router = cloud.demo.get("network", "/v2.0/routers")["routers"][0]["id"]
    subprocess.run(["ip", "netns", "del", places(cloud).network.router_namespace(router)], check=True)
    found(cloud, "router.differs", router)
    mended(cloud)


def test_a_killed_dhcp_server(cloud: RealCloud, server: str) -> None:
    pattern = f"dnsmasq.*{cloud.state}"
    done = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=True)
    for pid in done.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    assert any("dnsmasq" in each["what"] for each in cloud.findings())
    mended(cloud)


def test_an_image_whose_bytes_are_gone(cloud: RealCloud) -> None:
    (file,) = (cloud.state / "images").iterdir()
    kept = file.rename(cloud.state / "kept")
    found(cloud, "image.lost")
    kept.rename(file)


def test_a_claim_without_its_server(cloud: RealCloud, server: str) -> None:
    nobody = "00000000-0000-4000-8000-00000000dead"
    there = f"(SELECT id FROM consumers WHERE id = '{server}')"
    with sqlite3.connect(cloud.state / "cupola.db", timeout=10) as tables:
        tables.execute(f"UPDATE allocations SET consumer_id = '{nobody}' WHERE consumer_id = {there}")
        tables.execute(f"UPDATE consumers SET id = '{nobody}' WHERE id = '{server}'")
    found(cloud, "claim.unowned", nobody)
    found(cloud, "claim.differs", server)
    with sqlite3.connect(cloud.state / "cupola.db", timeout=10) as tables:
        tables.execute(f"UPDATE allocations SET consumer_id = '{server}' WHERE consumer_id = '{nobody}'")
        tables.execute(f"UPDATE consumers SET id = '{server}' WHERE id = '{nobody}'")
