"""The whole control plane under lost, repeated and reordered messages and crashes: every server ends as it should.

A failure names its seed; the same seed gives the same run.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cupola.base.hosts.agent import PASS_EVERY
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import SERVERS, Demo
from cupola.testing.simulator import Crash

MANY = 4


@pytest.mark.parametrize("seed", range(12))
def test_every_server_is_active_or_gone_whatever_happens_to_messages_and_processes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"), seed=seed)
    demo = Demo(cloud)
    cloud.bus.drop, cloud.bus.duplicate, cloud.bus.reorder = 0.2, 0.2, 0.3
    cloud.checkpoints.crash_at = frozenset(chance.sample(range(300), 12))

    servers = [demo.boot(f"s{number}") for number in range(MANY)]
    with cloud.deadly():
        cloud.run_for(chance.random() * 10)
    deleted = set(chance.sample(servers, MANY // 2))
    for server in sorted(deleted):
        demo.delete(server)
    with cloud.deadly():
        cloud.settle()

    assert demo.statuses() == {server: "ACTIVE" for server in servers if server not in deleted}
    cloud.assert_sound()


def test_a_deleted_server_does_not_come_back_by_a_late_message(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.boot("late")
    cloud.simulator.stop("host.h1")
    cloud.run_for(1)
    late = [delivery.message for delivery in cloud.bus.receive("host.h1")]
    assert [message.type for message in late] == ["converge"]
    cloud.simulator.start("host.h1")
    cloud.settle()
    demo.delete(server)
    cloud.settle()

    cloud.bus.publish(late[0])
    cloud.run_for(1)
    cloud.assert_sound()


def test_a_command_that_comes_twice_is_carried_out_once(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.active()
    cloud.bus.duplicate = 1.0
    demo.act(server, "reboot", {"type": "HARD"})
    before = cloud.hosts["h1"].hypervisor.observe()[server].pid
    cloud.settle()
    assert cloud.hosts["h1"].hypervisor.observe()[server].pid == (before or 0) + 1
    cloud.assert_sound()


def test_a_request_whose_process_died_after_the_commit_is_carried_out(tmp_path: Path) -> None:
    """Nobody was told: not the client, not the conductor. The conductor looks by itself."""
    cloud = TestCloud(tmp_path, crash_at=frozenset({1}))
    demo = Demo(cloud)
    with cloud.deadly(), pytest.raises(Crash):
        demo.boot("unheard")
    assert cloud.checkpoints.passed == ["before server.create", "committed server.create"]
    cloud.settle()
    assert list(demo.statuses().values()) == ["ACTIVE"]
    cloud.assert_sound()


def test_a_request_whose_process_died_before_the_commit_was_never_made(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, crash_at=frozenset({0}))
    demo = Demo(cloud)
    with cloud.deadly(), pytest.raises(Crash):
        demo.boot("unmade")
    cloud.settle()
    assert demo.statuses() == {}
    cloud.assert_sound()


@pytest.mark.parametrize("seed", range(4))
def test_a_guest_that_dies_is_shown_shut_off_whatever_happens_to_the_news(tmp_path: Path, seed: int) -> None:
    cloud = TestCloud(tmp_path, seed=seed)
    demo = Demo(cloud)
    server = demo.active()
    cloud.bus.drop, cloud.bus.duplicate = 0.6, 0.3
    cloud.hosts["h1"].hypervisor.crash(server)
    cloud.run_for(20 * PASS_EVERY.total_seconds())
    assert demo.status(server) == "SHUTOFF"
    cloud.settle()
    cloud.assert_sound()


def test_a_guest_that_died_before_its_start_was_heard_of_is_not_started_again_by_a_new_name(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.active()
    demo.act(server, "os-stop")
    cloud.settle()
    demo.act(server, "os-start")
    cloud.simulator.stop("reports")
    cloud.run_for(1)
    assert cloud.guests() == {server: "running"}
    cloud.bus.receive("reports")  # lost
    cloud.hosts["h1"].hypervisor.crash(server)
    cloud.simulator.resume("reports")
    cloud.settle()
    assert demo.status(server) == "SHUTOFF"

    demo.http.put(f"{SERVERS}/{server}", {"server": {"name": "another"}})
    cloud.settle()
    assert cloud.guests() == {server: "crashed"}
    cloud.assert_sound()


@pytest.mark.parametrize("seed", range(4))
def test_a_lock_does_not_wait_for_what_is_under_way(tmp_path: Path, seed: int) -> None:
    cloud = TestCloud(tmp_path, seed=seed)
    demo = Demo(cloud)
    cloud.bus.drop = 0.4
    server = demo.boot()
    cloud.run_for(seed * 0.1)
    assert demo.act(server, "lock").status == 202
    assert demo.http.delete(f"{SERVERS}/{server}").status == 409
    cloud.settle()
    assert demo.status(server) == "ACTIVE"
    assert demo.act(server, "unlock").status == 202
    demo.delete(server)
    cloud.settle()
    assert demo.is_gone(server)
    cloud.assert_sound()
