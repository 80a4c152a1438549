"""A leak of each kind, planted with raw tools: doctor names it, and the next full pass of the agent mends it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from pathlib import Path
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


def namespace(cloud: RealCloud) -> str:
    return places(cloud).host or ""


def inside(cloud: RealCloud, *words: str) -> None:
    subprocess.run(["ip", "netns", "exec", namespace(cloud), *words], check=True)


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


def database(cloud: RealCloud) -> sqlite3.Connection:
    return sqlite3.connect(cloud.state / "cupola.db", timeout=10)


@pytest.fixture
def server(cloud: RealCloud) -> str:
    server_id = cloud.boot("patient")
    cloud.until(server_id, "ACTIVE")
    cloud.until_no_findings()
    return server_id


def qemu(server_id: str) -> int:
    done = subprocess.run(["pgrep", "-f", f"qemu-system.*{server_id}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def test_a_killed_guest(cloud: RealCloud, server: str) -> None:
    os.kill(qemu(server), signal.SIGKILL)
    finding = wait_for("no finding", 5, lambda: next(iter(cloud.findings()), None))
    assert (finding["check"], finding["subject"]) == ("guest.power", f"server/{server}")
    assert finding["request_id"]
    cloud.cupola("down")
    cloud.up()
    cloud.until(server, "SHUTOFF")
    cloud.until_no_findings()


def test_a_lost_disk(cloud: RealCloud, server: str) -> None:
    directory = next(Path(cloud.state, "hypervisor", "guests").glob(f"{server}*"))
    disks = [path for path in directory.iterdir() if path.name.startswith("disk") or path.suffix == ".qcow2"]
    assert disks, list(directory.iterdir())
    kept = disks[0].read_bytes()
    owner = disks[0].stat()
    disks[0].unlink()
    assert found(cloud, "guest.disk", server)
    disks[0].write_bytes(kept)
    os.chown(disks[0], owner.st_uid, owner.st_gid)


def test_an_extra_tap(cloud: RealCloud, server: str) -> None:
    inside(cloud, "ip", "tuntap", "add", "dev", "tapdeadbeef-00", "mode", "tap")
    found(cloud, "host.differs", "tapdeadbeef-00")
    mended(cloud)


def test_a_lost_bridge(cloud: RealCloud, server: str) -> None:
    network = cloud.demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]
    inside(cloud, "ip", "link", "del", f"brq{network[:11]}")
    found(cloud, "network.differs", network)
    mended(cloud)


def test_a_deleted_rule_set(cloud: RealCloud, server: str) -> None:
    listed = subprocess.run(
        ["ip", "netns", "exec", namespace(cloud), "nft", "list", "tables"], capture_output=True, text=True, check=True
    )
    _, family, name = listed.stdout.splitlines()[0].split()
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


def test_a_claim_without_a_server(cloud: RealCloud, server: str) -> None:
    with database(cloud) as tables:
        row = tables.execute("SELECT * FROM allocations LIMIT 1")
        names = [column[0] for column in row.description]
        values = dict(zip(names, row.fetchone(), strict=True))
        consumer = "c0ffee00-0000-4000-8000-000000000001"
        fresh = {**values, "consumer_id": consumer} | ({"id": consumer} if "id" in values else {})
        marks = ",".join("?" * len(fresh))
        tables.execute(f"INSERT INTO allocations ({','.join(fresh)}) VALUES ({marks})", list(fresh.values()))
    found(cloud, "claim.orphan", consumer)
    with database(cloud) as tables:
        tables.execute("DELETE FROM allocations WHERE consumer_id = ?", (consumer,))


def test_a_quota_that_was_miscounted(cloud: RealCloud, server: str) -> None:
    with database(cloud) as tables:
        before = tables.execute("SELECT project_id, used FROM quota_usages").fetchall()
        tables.execute("UPDATE quota_usages SET used = replace(used, '\"compute.cores\":1', '\"compute.cores\":7')")
    found(cloud, "quota.miscounted", "cores")
    with database(cloud) as tables:
        for project, used in before:
            tables.execute("UPDATE quota_usages SET used = ? WHERE project_id = ?", (used, project))


def test_a_port_without_its_server(cloud: RealCloud, server: str) -> None:
    with database(cloud) as tables:
        tables.execute("UPDATE ports SET device_id = 'nobody' WHERE device_id = ?", (server,))
    found(cloud, "port.orphan")
    with database(cloud) as tables:
        tables.execute("UPDATE ports SET device_id = ? WHERE device_id = 'nobody'", (server,))
