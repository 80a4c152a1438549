"""The whole control plane under lost, repeated and reordered messages and crashes: every server ends as it should.

A failure names its seed; the same seed gives the same run.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser

SERVERS = 4


def boot(member: Browser, name: str) -> str:
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    wanted = {"name": name, "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    assert answer.status == 202, answer.content
    return str(answer.json["server"]["id"])


def statuses(member: Browser) -> dict[str, str]:
    return {s["id"]: s["status"] for s in member.get("/compute/v2.1/servers/detail").json["servers"]}


@pytest.mark.parametrize("seed", range(12))
def test_every_server_is_active_or_gone_whatever_happens_to_messages_and_processes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"), seed=seed)
    member = cloud.log_in("demo", "demo")
    cloud.bus.drop, cloud.bus.duplicate, cloud.bus.reorder = 0.2, 0.2, 0.3
    cloud.checkpoints.crash_at = frozenset(chance.sample(range(300), 12))

    servers = [boot(member, f"s{number}") for number in range(SERVERS)]
    cloud.checkpoints.armed = True
    cloud.run_for(chance.random() * 10)
    deleted = set(chance.sample(servers, SERVERS // 2))
    cloud.checkpoints.armed = False
    for server in sorted(deleted):
        assert member.delete(f"/compute/v2.1/servers/{server}").status == 204
    cloud.checkpoints.armed = True
    cloud.settle()
    cloud.checkpoints.armed = False

    assert statuses(member) == {server: "ACTIVE" for server in servers if server not in deleted}
    on_hosts = {id_ for host in cloud.hosts.values() for id_ in host.hypervisor.observe()}
    assert on_hosts == set(servers) - deleted
    cloud.bus.drop = cloud.bus.duplicate = cloud.bus.reorder = 0.0
    cloud.assert_sound()


def test_a_deleted_server_does_not_come_back_by_a_late_message(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    member = cloud.log_in("demo", "demo")
    server = boot(member, "late")
    cloud.simulator.stop("host.h1")
    cloud.run_for(1)
    late = [delivery.message for delivery in cloud.bus.receive("host.h1")]
    assert [message.type for message in late] == ["converge"]
    cloud.simulator.start("host.h1")
    cloud.settle()
    member.delete(f"/compute/v2.1/servers/{server}")
    cloud.settle()

    cloud.bus.publish(late[0])
    cloud.run_for(1)
    assert server not in cloud.hosts["h1"].hypervisor.observe()
    cloud.assert_sound()


def test_a_dead_host_gives_the_server_to_another(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    member = cloud.log_in("demo", "demo")
    cloud.simulator.stop("host.h1")
    server = boot(member, "moving")
    cloud.simulator.run_for(1200)
    assert statuses(member)[server] == "ACTIVE"
    assert server in cloud.hosts["h2"].hypervisor.observe()
