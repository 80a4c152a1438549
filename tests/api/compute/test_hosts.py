"""Hosts: what a hello makes of them, and what a scheduler sees."""

from __future__ import annotations

from typing import Any

from cupola.compute.logic.compute_hosts import host_states_in
from cupola.compute.model.service import HostState


def states(api: Any) -> dict[str, HostState]:
    return {one.host: one for one in api.ctx.read("test", host_states_in)}


def test_a_host_comes_in_with_what_it_offers(api: Any) -> None:
    api.host("one")
    seen = states(api)["one"]
    assert (seen.zone, seen.alive, seen.enabled) == ("nova", True, True)
    assert seen.total == {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 100}
    assert seen.free == {"VCPU": 64, "MEMORY_MB": 8192 - 512, "DISK_GB": 100}


def test_it_is_the_same_host_when_it_comes_again(api: Any) -> None:
    api.host("one")
    before = states(api)["one"].provider_id
    api.clock.advance(5)
    api.host("one", memory_mb=16384)
    assert states(api)["one"].provider_id == before
    assert states(api)["one"].total["MEMORY_MB"] == 16384


def test_a_host_that_is_silent_is_not_alive(api: Any) -> None:
    api.host("one")
    api.clock.advance(300)
    api.host("two")
    assert {name: one.alive for name, one in states(api).items()} == {"one": False, "two": True}


def test_a_host_without_a_hypervisor_is_none_of_computes(api: Any) -> None:
    api.system.control.hello("gateway", {"network": {}}, api.clock.now())
    assert states(api) == {}


def test_the_number_of_statements_does_not_rise_with_the_hosts(api: Any) -> None:
    def statements() -> int:
        before = api.db.statistics.statements
        states(api)
        return int(api.db.statistics.statements - before)

    api.host("one")
    few = statements()
    for number in range(5):
        api.host(f"more-{number}")
    assert statements() == few


def test_no_migration_is_there_to_go_on_from(api: Any) -> None:
    assert api("GET", "/os-migrations", token="admin").body == {"migrations": []}
    assert api("GET", "/os-migrations?marker=x", token="admin").status == 400
