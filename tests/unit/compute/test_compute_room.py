"""Compute's room on a host, over the simulated hypervisor."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.compute.host.drivers.simulated import SimulatedHypervisor
from cupola.compute.host.room import ComputeRoom, UnknownVerb
from cupola.compute.model.machine import MachineSpec


@pytest.fixture
def hypervisor() -> SimulatedHypervisor:
    return SimulatedHypervisor()


@pytest.fixture
def room(hypervisor: SimulatedHypervisor) -> ComputeRoom:
    return ComputeRoom(hypervisor)


def document(generation: int = 1, **more: Any) -> dict[str, Any]:
    spec = MachineSpec("s", "one", "one", generation, 1, 64, 1, None, **more)
    return {"generation": generation, "requires": [], "machine": spec.to_json()}


def test_it_brings_a_server_about_and_takes_it_away(room: ComputeRoom) -> None:
    made = room.converge("server", "s", document())
    assert (made.result["power"], made.result["generation"], made.news) == ("running", 1, False)
    assert [effect.what for effect in made.effects] == ["start", "resume"]
    assert room.present() == ["server/s"]
    assert room.converge("server", "s", document()).effects == []
    room.converge("server", "s", None)
    assert room.present() == []


def test_a_guest_that_stopped_by_itself_is_news_and_stays_stopped_for_its_generation(
    room: ComputeRoom, hypervisor: SimulatedHypervisor
) -> None:
    room.converge("server", "s", document())
    hypervisor.shut_itself_down("s")

    seen = room.converge("server", "s", document())

    assert (seen.result["power"], seen.news) == ("shutdown", True)
    assert room.converge("server", "s", document(2)).result["power"] == "running"


def test_it_reboots_and_refuses_what_it_does_not_know(room: ComputeRoom) -> None:
    room.converge("server", "s", document())
    assert room.command("reboot", "server", "s", {"hard": True}).result["power"] == "running"
    with pytest.raises(UnknownVerb):
        room.command("explode", "server", "s", {})


def test_it_finds_what_differs(room: ComputeRoom, hypervisor: SimulatedHypervisor) -> None:
    assert [f.check for f in room.examine({"server/s": document()})] == ["guest.missing"]
    room.converge("server", "s", document())
    assert room.examine({"server/s": document()}) == []
    assert [f.check for f in room.examine({"server/s": document(2)})] == ["guest.late"]
    assert [f.check for f in room.examine({})] == ["guest.unwanted"]
    hypervisor.crash("s")
    assert {f.check for f in room.examine({"server/s": document()})} == {"guest.differs"}
