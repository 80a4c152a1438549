"""Hosts: what a hello makes of them, and what a scheduler sees."""

from __future__ import annotations

from typing import Any

from cupola.compute.logic.compute_hosts import choice_in, host_states_in
from cupola.compute.model.scheduling import Decision, Need
from cupola.compute.model.service import HostState
from cupola.placement import interface as placement


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


def choice(api: Any, most: int, **need: Any) -> Decision:
    wanted = Need({"MEMORY_MB": 512}, **need)
    decision: Decision = api.ctx.read("test", lambda tx: choice_in(tx, wanted, most))
    return decision


def chosen(api: Any, most: int, **need: Any) -> str | None:
    host = choice(api, most, **need).chosen
    return host.host if host else None


def test_of_many_hosts_those_with_the_most_memory_left_are_looked_at(api: Any) -> None:
    for name, memory in (("small", 4096), ("large", 65536), ("middle", 16384)):
        api.host(name, memory_mb=memory)
    assert (chosen(api, 2), choice(api, 2).considered) == ("large", 2)
    assert (chosen(api, 9), choice(api, 9).considered) == ("large", 3)


def test_what_has_memory_and_is_no_host_is_not_looked_at(api: Any) -> None:
    for name, memory in (("small", 4096), ("large", 65536), ("middle", 16384)):
        api.host(name, memory_mb=memory)
    offers = {"MEMORY_MB": placement.Offer(10**6)}
    for name in ("store-1", "store-2"):
        api.ctx.transact("test", lambda tx, name=name: placement.provide_in(tx, api.ctx, name, offers))
    assert (chosen(api, 2), choice(api, 2).considered) == ("large", 2)


def test_where_none_of_those_will_do_all_are_looked_at(api: Any) -> None:
    for name, memory in (("small", 4096), ("large", 65536), ("middle", 16384)):
        api.host(name, memory_mb=memory)
    assert chosen(api, 2, excluded=frozenset({"large", "middle"})) == "small"
    assert chosen(api, 2, host="small") == "small"
    refused = choice(api, 2, excluded=frozenset({"large", "middle", "small"}))
    assert str(refused) == "3 considered; 3 failed before"


def test_hosts_that_take_no_work_are_not_looked_at_first(api: Any) -> None:
    api.host("silent", memory_mb=65536)
    api.clock.advance(300)
    for name, memory in (("off", 32768), ("one", 8192), ("two", 16384), ("three", 4096)):
        api.host(name, memory_mb=memory)
    disabled = {"status": "disabled"}
    assert api("PUT", f"/os-services/{states(api)['off'].provider_id}", disabled, token="admin").status == 200
    assert (chosen(api, 2), choice(api, 2).considered) == ("two", 2)


def test_the_memory_that_servers_took_is_not_left(api: Any) -> None:
    for name in ("one", "two", "three"):
        api.host(name)
    provider_id = states(api)["one"].provider_id
    api.ctx.transact(
        "test", lambda tx: placement.claim_in(tx, api.ctx, "c", provider_id, {"MEMORY_MB": 1024}, "p", "u")
    )
    first = api.ctx.read("test", lambda tx: placement.roomiest_in(tx, "MEMORY_MB", 3))
    assert (len(first), first[2]) == (3, provider_id)


def test_no_migration_is_there_to_go_on_from(api: Any) -> None:
    assert api("GET", "/os-migrations", token="admin").body == {"migrations": []}
    assert api("GET", "/os-migrations?marker=x", token="admin").status == 400
