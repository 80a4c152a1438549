"""Hosts that are away for a while, hang, or fail: what was asked of them holds in the end."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import Verb
from cupola.compute.model.machine import ImageRef, MachineSpec
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo

TEN_MINUTES = 600.0


def test_a_host_cleans_up_when_it_returns_after_its_servers_were_deleted(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    servers = [demo.active(), demo.active()]
    cloud.simulator.stop("host.h1")
    for server in servers:
        demo.delete(server)
    cloud.run_for(TEN_MINUTES)

    assert demo.statuses() == {}, "nobody waits for a host that does not answer"
    assert demo.http.get("/compute/v2.1/limits").json["limits"]["absolute"]["totalInstancesUsed"] == 0
    assert set(cloud.guests()) == set(servers), "they run on, as nobody could stop them"

    cloud.simulator.start("host.h1")
    cloud.settle()
    assert cloud.guests() == {}
    cloud.assert_sound()


def test_a_dead_host_gives_the_server_to_another(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    demo = Demo(cloud)
    cloud.simulator.stop("host.h1")
    server = demo.boot("moving")
    cloud.run_for(2 * TEN_MINUTES)
    assert demo.statuses() == {server: "ACTIVE"}
    assert server in cloud.hosts["h2"].hypervisor.observe()

    cloud.simulator.start("host.h1")
    cloud.settle()
    cloud.assert_sound()


def test_a_host_that_began_a_server_and_went_away_gives_it_up_when_it_returns(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    demo = Demo(cloud)
    cloud.bus.drop = 1.0  # it starts the server by its own pass, and nobody hears of it
    server = demo.boot("twice")
    cloud.run_for(61)
    (first,) = (host for host in cloud.hosts.values() if host.hypervisor.observe())
    cloud.simulator.stop(f"host.{first.name}")
    cloud.bus.drop = 0.0
    cloud.run_for(TEN_MINUTES)
    assert demo.statuses() == {server: "ACTIVE"}
    assert len(cloud.guests()) == 1, "one of the two guests is on a host that is away"

    cloud.simulator.start(f"host.{first.name}")
    cloud.settle()
    assert not first.hypervisor.observe()
    cloud.assert_sound()


def test_what_was_asked_of_a_host_while_it_was_away_is_done_when_it_returns(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    stopped, rebooted, plugged = demo.active(), demo.active(), demo.active()
    cloud.simulator.stop("host.h1")
    demo.act(stopped, "os-stop")
    demo.act(rebooted, "reboot", {"type": "SOFT"})
    extra = demo.attach(plugged)
    cloud.run_for(120)
    cloud.simulator.start("host.h1")
    cloud.settle()
    assert demo.statuses() == {stopped: "SHUTOFF", rebooted: "ACTIVE", plugged: "ACTIVE"}
    assert extra in demo.interfaces(plugged)
    cloud.assert_sound()


def test_a_host_that_hung_takes_what_waited_for_one_when_it_goes_on(tmp_path: Path) -> None:
    """It was not started anew; that it is heard of again is news enough."""
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    cloud.simulator.stop("host.h1")
    cloud.run_for(120)
    network = demo.new_network("unserved", "10.1.0.0/24")
    router = demo.made("router", name="nowhere", external_gateway_info={"network_id": demo.network("public")})
    cloud.simulator.resume("host.h1")
    cloud.run_for(20)
    cloud.settle()
    assert {port["status"] for device in (f"dhcp-{network}", router) for port in demo.ports_of(device)} == {"ACTIVE"}
    cloud.assert_sound()


def test_a_reboot_that_nobody_waits_for_any_more_is_not_done(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.active()
    before = cloud.hosts["h1"].hypervisor.observe()[server].pid
    cloud.simulator.stop("host.h1")
    demo.act(server, "reboot", {"type": "HARD"})
    cloud.run_for(TEN_MINUTES)
    assert demo.status(server) == "ACTIVE"

    cloud.simulator.start("host.h1")
    cloud.settle()
    assert cloud.hosts["h1"].hypervisor.observe()[server].pid == before
    cloud.assert_sound()


def test_what_a_host_did_not_do_in_time_is_undone_though_it_is_away(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    stopped, plugged = demo.active(), demo.active()
    cloud.simulator.stop("host.h1")
    demo.act(stopped, "os-stop")
    extra = demo.attach(plugged)
    cloud.run_for(TEN_MINUTES)
    assert demo.statuses() == {stopped: "ACTIVE", plugged: "ACTIVE"}
    assert extra not in demo.interfaces(plugged)

    cloud.simulator.start("host.h1")
    cloud.settle()
    assert set(cloud.guests().values()) == {"running"}
    cloud.assert_sound()


@pytest.mark.parametrize("verb", [Verb.SHUT_DOWN, Verb.START, Verb.RESUME])
def test_a_reboot_that_fails_half_way_leaves_the_server_running(tmp_path: Path, verb: Verb) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.active()
    cloud.hosts["h1"].hypervisor.fail(verb, HypervisorError(verb, "it was told to fail"))
    demo.act(server, "reboot", {"type": "SOFT"})
    cloud.settle()
    assert demo.status(server) == "ACTIVE"
    assert cloud.guests() == {server: "running"}
    cloud.assert_sound()


def test_a_clock_that_is_set_back_delays_nothing(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    demo = Demo(cloud)
    running = demo.active()
    (home,) = (host for host in cloud.hosts.values() if host.hypervisor.observe())
    cloud.bus.drop = 1.0
    server = demo.boot("late")
    cloud.run_for(1)
    cloud.bus.drop = 0.0
    cloud.simulator.set_back(86400)
    home.hypervisor.crash(running)
    cloud.run_for(120)
    assert demo.statuses() == {server: "ACTIVE", running: "SHUTOFF"}

    cloud.simulator.stop(f"host.{home.name}")
    cloud.run_for(90)
    up = {each["host"]: each["state"] for each in cloud.admin().get("/compute/v2.1/os-services").json["services"]}
    assert up[home.name] == "down"


def test_a_server_that_was_never_recorded_is_left_alone(tmp_path: Path) -> None:
    """The database may be another one, or an older backup: the disk is somebody's."""
    cloud = TestCloud(tmp_path)
    hypervisor, image = cloud.hosts["h1"].hypervisor, ImageRef(str(uuid4()), "raw", 512, "sha256:0")
    stray = MachineSpec(str(uuid4()), "stray", "stray", 1, 1, 64, 1, image)
    hypervisor.ensure(stray)
    cloud.run_for(TEN_MINUTES)
    assert cloud.guests() == {stray.server_id: "running"}
    assert [finding.check for finding in cloud.findings()] == ["guest.unwanted"]
