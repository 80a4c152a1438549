"""What doctor finds: a difference of each kind, planted behind the cloud's back in its database, files and hosts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.base.quota.tables import usages
from cupola.testing import databases
from cupola.testing.cloud import TestCloud

NOBODY = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[TestCloud]:
    """A cloud with one server, of which doctor has nothing to say."""
    cloud = TestCloud(tmp_path)
    server_of(cloud)
    assert cloud.findings() == []
    yield cloud


def server_of(cloud: TestCloud) -> str:
    """The cloud's server, made the first time."""
    member = cloud.log_in("demo", "demo")
    if there := member.get("/compute/v2.1/servers").json["servers"]:
        return str(there[0]["id"])
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    wanted = {"name": "one", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    server_id = str(member.post("/compute/v2.1/servers", {"server": wanted}).json["server"]["id"])
    cloud.settle()
    return server_id


def by_hand(cloud: TestCloud, *statements: str) -> None:
    databases.by_hand(cloud.database, *statements)


def found(cloud: TestCloud) -> dict[str, Finding]:
    """Findings by their check."""
    return {finding.check: finding for finding in cloud.findings()}


def test_a_claim_without_its_server(cloud: TestCloud) -> None:
    server = server_of(cloud)
    by_hand(
        cloud,
        f"UPDATE consumers SET id = '{NOBODY}' WHERE id = '{server}'",
        f"UPDATE allocations SET consumer_id = '{NOBODY}' WHERE consumer_id = '{server}'",
    )
    findings = found(cloud)
    assert findings["claim.unowned"].subject == f"server/{NOBODY}"
    assert findings["claim.differs"].subject == f"server/{server}"
    assert findings["claim.differs"].request_id is not None


@pytest.mark.parametrize("counted", ["compute.cores", "compute.instances", "network.port"])
def test_a_quota_that_was_miscounted(cloud: TestCloud, counted: str) -> None:
    def miscount(tx: Transaction) -> None:
        [row] = [row for row in tx.all(select(usages)) if "compute.cores" in row["used"]]
        mine = usages.c.project_id == row["project_id"]
        tx.execute(update(usages).where(mine).values(used=row["used"] | {counted: 9}))

    cloud.ctx.transact("by_hand", miscount)
    assert "is counted for 9" in found(cloud)["quota.differs"].what


def test_an_undo_that_fails_until_the_server_is_deleted(tmp_path: Path) -> None:
    broken = ["spawn"]

    def fault(operation: str, step: str, phase: str) -> None:
        if step in broken and phase in ("do-ed", "undo"):
            raise OSError("out of order")

    cloud = TestCloud(tmp_path, fault=fault)
    member = cloud.log_in("demo", "demo")
    image = member.get("/image/v2/images").json["images"][0]["id"]
    flavor = member.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    wanted = {"name": "one", "imageRef": image, "flavorRef": flavor}
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    cloud.run_for(30)
    failing = found(cloud)["operation.undo_failing"]
    assert "out of order" in failing.what
    assert failing.request_id == answer.headers["x-openstack-request-id"]

    broken.clear()
    assert member.delete(f"/compute/v2.1/servers/{answer.json['server']['id']}").status == 204
    cloud.settle()
    assert cloud.findings() == []


def test_a_server_that_nobody_works_on(cloud: TestCloud) -> None:
    server = server_of(cloud)
    by_hand(cloud, f"UPDATE servers SET task_state = 'powering-off' WHERE id = '{server}'")
    assert found(cloud)["server.stuck"].subject == f"server/{server}"


def test_a_port_that_lost_its_server(cloud: TestCloud) -> None:
    server = server_of(cloud)
    by_hand(cloud, f"UPDATE ports SET device_id = '{NOBODY}', made_for = '{NOBODY}' WHERE device_id = '{server}'")
    findings = found(cloud)
    assert findings["port.missing"].subject == f"server/{server}"
    assert NOBODY in findings["port.orphan"].what


def test_a_port_on_another_host_than_its_server(cloud: TestCloud) -> None:
    by_hand(cloud, f"UPDATE ports SET host = 'h9' WHERE device_id = '{server_of(cloud)}'")
    assert "h9" in found(cloud)["port.elsewhere"].what


def test_an_address_without_its_port(cloud: TestCloud) -> None:
    port = f"(SELECT id FROM ports WHERE device_id = '{server_of(cloud)}')"
    by_hand(cloud, f"UPDATE ip_allocations SET port_id = '{NOBODY}' WHERE port_id = {port}")
    assert found(cloud)["address.orphan"].subject == f"port/{NOBODY}"


def test_a_port_that_lost_its_router(cloud: TestCloud) -> None:
    by_hand(cloud, f"UPDATE ports SET device_id = '{NOBODY}' WHERE device_owner = 'network:router_interface'")
    port = found(cloud)["router.gone"].subject.removeprefix("port/")
    assert cloud.member().delete(f"/network/v2.0/ports/{port}").status == 204


def test_an_image_whose_bytes_are_lost_and_bytes_of_no_image(cloud: TestCloud) -> None:
    directory = cloud.settings.image.directory
    (file,) = directory.iterdir()
    file.rename(directory / f"{NOBODY}.{NOBODY}")
    findings = found(cloud)
    assert findings["image.lost"].subject == f"image/{file.name.partition('.')[0]}"
    assert findings["image.garbage"].subject == f"file/{NOBODY}.{NOBODY}"


def test_an_operation_that_nobody_took(cloud: TestCloud) -> None:
    due = f"{cloud.clock.now() - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    live = f"live_key = resource_id, state = 'running', ended_at = NULL, due_at = '{due}'"
    by_hand(cloud, f"UPDATE operations SET {live}")
    assert found(cloud)["operation.overdue"].subject == f"server/{server_of(cloud)}"


def test_a_guest_that_died_is_found_until_its_server_is_shut_off(cloud: TestCloud) -> None:
    server = server_of(cloud)
    cloud.hosts["h1"].hypervisor.crash(server)
    assert found(cloud)["guest.differs"].subject == f"server/{server}"
    cloud.run_for(120)
    assert cloud.findings() == []
    shown = cloud.log_in("demo", "demo").get(f"/compute/v2.1/servers/{server}").json["server"]
    assert shown["status"] == "SHUTOFF"


def test_a_lost_disk_is_found_and_not_replaced_by_an_empty_one(cloud: TestCloud) -> None:
    server = server_of(cloud)
    cloud.hosts["h1"].hypervisor.lose_disk(server)
    assert found(cloud)["guest.disk"].subject == f"server/{server}"
    member = cloud.log_in("demo", "demo")
    member.post(f"/compute/v2.1/servers/{server}/action", {"os-stop": None})
    cloud.settle()
    member.post(f"/compute/v2.1/servers/{server}/action", {"os-start": None})
    cloud.settle()
    assert member.get(f"/compute/v2.1/servers/{server}").json["server"]["status"] == "SHUTOFF"
    assert found(cloud)["guest.disk"].subject == f"server/{server}"
