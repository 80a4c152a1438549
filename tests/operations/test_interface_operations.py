"""Attaching and detaching ports stands the generic tests of `cupola.testing.operations`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser
from cupola.testing.operations import Scenario, failures, run_with_crash, run_with_doubled_steps, run_with_failure

SERVERS = "/compute/v2.1/servers"


def demo(cloud: TestCloud) -> Browser:
    return cloud.log_in("demo", "demo")


def network_of(cloud: TestCloud) -> str:
    return str(demo(cloud).get("/network/v2.0/networks?name=private").json["networks"][0]["id"])


def boot(cloud: TestCloud) -> str:
    member = demo(cloud)
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    wanted = {"name": "one", "imageRef": image, "flavorRef": "1", "networks": [{"uuid": network_of(cloud)}]}
    answer = member.post(SERVERS, {"server": wanted})
    assert answer.status == 202, answer.content
    return str(answer.json["server"]["id"])


def attach(cloud: TestCloud, server: str) -> tuple[str, str]:
    wanted = {"interfaceAttachment": {"net_id": network_of(cloud)}}
    answer = demo(cloud).post(f"{SERVERS}/{server}/os-interface", wanted)
    assert answer.status == 200, answer.content
    return server, str(answer.json["interfaceAttachment"]["port_id"])


def with_two_ports(cloud: TestCloud) -> tuple[str, str]:
    server = boot(cloud)
    cloud.settle()
    return attach(cloud, server)


def detach(cloud: TestCloud, prepared: tuple[str, str]) -> tuple[str, str]:
    server, port = prepared
    assert demo(cloud).delete(f"{SERVERS}/{server}/os-interface/{port}").status == 202
    return prepared


def plugged(cloud: TestCloud, server: str) -> set[str]:
    machines = (host.hypervisor.observe() for host in cloud.hosts.values())
    return {port for machine in machines if server in machine for port in machine[server].nics}


def shown(cloud: TestCloud, server: str) -> set[str]:
    listed = demo(cloud).get(f"{SERVERS}/{server}/os-interface").json["interfaceAttachments"]
    return {one["port_id"] for one in listed}


def has_both(cloud: TestCloud, outcome: tuple[str, str], there: bool) -> None:
    server, port = outcome
    assert (port in shown(cloud, server)) == there
    assert plugged(cloud, server) == shown(cloud, server)
    assert len(shown(cloud, server)) == (2 if there else 1)
    ports = demo(cloud).get(f"/network/v2.0/ports?device_id={server}").json["ports"]
    assert {one["id"] for one in ports} == shown(cloud, server)
    assert demo(cloud).get(f"{SERVERS}/{server}").json["server"]["status"] == "ACTIVE"


def has_one(cloud: TestCloud, outcome: tuple[str, str], possible: bool) -> None:
    has_both(cloud, outcome, not possible)


SCENARIOS = (
    Scenario("compute.attach_interface", boot, attach, has_both),
    Scenario("compute.detach_interface", with_two_ports, detach, has_one),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_step_may_be_done_twice(scenario: Scenario, tmp_path: Path) -> None:
    run_with_doubled_steps(scenario, tmp_path)


@pytest.mark.parametrize("double_undo", [False, True], ids=["undone", "undone-twice"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_failure_at_any_step_leaves_nothing_half_done(scenario: Any, double_undo: bool, tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    definitions = TestCloud(tmp_path / "names").system.cloud.operations.definitions
    for number, (step, phase) in enumerate(failures(definitions[scenario.operation])):
        directory = tmp_path / str(number)
        directory.mkdir()
        run_with_failure(scenario, directory, step, phase, double_undo)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_crash_at_any_checkpoint_changes_nothing_in_the_end(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    checkpoints = run_with_crash(scenario, tmp_path / "whole", None)
    for checkpoint in range(checkpoints):
        directory = tmp_path / str(checkpoint)
        directory.mkdir()
        run_with_crash(scenario, directory, checkpoint)
