"""Each operation of compute stands the generic tests of `cupola.testing.operations`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser
from cupola.testing.operations import (
    Scenario,
    failures,
    run_with_crash,
    run_with_doubled_steps,
    run_with_failure,
)


def demo(cloud: TestCloud) -> Browser:
    return cloud.log_in("demo", "demo")


def boot(cloud: TestCloud, _: Any = None) -> str:
    member = demo(cloud)
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    wanted = {"name": "one", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    assert answer.status == 202, answer.content
    return str(answer.json["server"]["id"])


def act(action: dict[str, Any]) -> Any:
    def ask(cloud: TestCloud, server: str) -> str:
        assert demo(cloud).post(f"/compute/v2.1/servers/{server}/action", action).status == 202
        return server

    return ask


def stopped(cloud: TestCloud) -> str:
    server = boot(cloud)
    cloud.settle()
    return str(act({"os-stop": None})(cloud, server))


def delete(cloud: TestCloud, server: str) -> str:
    assert demo(cloud).delete(f"/compute/v2.1/servers/{server}").status == 204
    return server


def status_of(cloud: TestCloud, server: str) -> str:
    return str(demo(cloud).get(f"/compute/v2.1/servers/{server}").json["server"]["status"])


def running(cloud: TestCloud) -> set[str]:
    machines = (host.hypervisor.observe() for host in cloud.hosts.values())
    return {id_ for machine in machines for id_, seen in machine.items() if seen.power == "running"}


def built(cloud: TestCloud, server: str, possible: bool) -> None:
    if possible:
        assert status_of(cloud, server) == "ACTIVE"
        assert running(cloud) == {server}
    else:
        shown = demo(cloud).get(f"/compute/v2.1/servers/{server}").json["server"]
        assert shown["status"] == "ERROR"
        assert "injected" in shown["fault"]["message"]
        assert running(cloud) == set()
        delete(cloud, server)
        cloud.settle()
        gone(cloud, server, True)


def gone(cloud: TestCloud, server: str, possible: bool) -> None:
    member = demo(cloud)
    assert member.get(f"/compute/v2.1/servers/{server}").status == 404
    assert member.get(f"/network/v2.0/ports?device_id={server}").json["ports"] == []
    assert member.get("/compute/v2.1/limits").json["limits"]["absolute"]["totalInstancesUsed"] == 0
    assert running(cloud) == set()


def off(cloud: TestCloud, server: str, possible: bool) -> None:
    assert status_of(cloud, server) == ("SHUTOFF" if possible else "ACTIVE")


def on(cloud: TestCloud, server: str, possible: bool) -> None:
    assert status_of(cloud, server) == ("ACTIVE" if possible else "SHUTOFF")


def still_on(cloud: TestCloud, server: str, possible: bool) -> None:
    assert status_of(cloud, server) == "ACTIVE"


SCENARIOS = (
    Scenario("compute.create_server", lambda cloud: None, boot, built),
    Scenario("compute.delete_server", boot, delete, gone),
    Scenario("compute.stop_server", boot, act({"os-stop": None}), off),
    Scenario("compute.start_server", stopped, act({"os-start": None}), on),
    Scenario("compute.reboot_server", boot, act({"reboot": {"type": "HARD"}}), still_on),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_step_may_be_done_twice(scenario: Scenario, tmp_path: Path) -> None:
    run_with_doubled_steps(scenario, tmp_path)


@pytest.mark.parametrize("double_undo", [False, True], ids=["undone", "undone-twice"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_failure_at_any_step_leaves_nothing_half_done(scenario: Scenario, double_undo: bool, tmp_path: Path) -> None:
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
    assert checkpoints > 5
    for checkpoint in range(checkpoints):
        directory = tmp_path / str(checkpoint)
        directory.mkdir()
        run_with_crash(scenario, directory, checkpoint)
