"""Choosing a host, and saying why not."""

from __future__ import annotations

from typing import Any

from cupola.compute.model.scheduling import Need, decide
from cupola.compute.model.service import HostState


def host(name: str, **more: Any) -> HostState:
    free = {"MEMORY_MB": 1024, "VCPU": 4, "DISK_GB": 10} | more.pop("free", {})
    total = {name: max(amount, 0) for name, amount in free.items()}
    given = {"zone": "nova", "alive": True, "enabled": True, "disabled_reason": None, "traits": frozenset(), **more}
    return HostState(host=name, provider_id=name, total=total, used={}, free=free, facts={}, **given)


def need(memory: int = 512, **more: Any) -> Need:
    return Need({"MEMORY_MB": memory, "VCPU": 1, "DISK_GB": 1}, **more)


def test_the_host_with_most_free_memory_is_chosen_and_among_equals_the_first_by_name() -> None:
    hosts = [host("c"), host("b"), host("a", free={"MEMORY_MB": 600})]
    decision = decide(hosts, need())
    assert decision.chosen is not None
    assert decision.chosen.host == "b"


def test_a_refusal_counts_hosts_by_reason_and_tells_the_nearest_miss() -> None:
    hosts = [
        host("a", free={"MEMORY_MB": 512}),
        host("b", free={"MEMORY_MB": 100}),
        host("c", enabled=False),
    ]
    decision = decide(hosts, need(1024))
    assert decision.chosen is None
    assert str(decision) == "3 considered; 1 is disabled, 2 lack 512 MB of memory"
    assert decision.to_json()["rejected"]["resources"] == {"count": 2, "nearest_miss": "lack 512 MB of memory"}


def test_no_server_gets_more_than_a_whole_host_however_its_processors_are_shared() -> None:
    shared = HostState(
        **{
            **vars(host("a")),
            "total": {"VCPU": 2, "MEMORY_MB": 1024, "DISK_GB": 10},
            "free": {**host("a").free, "VCPU": 32},
        }
    )
    assert str(decide([shared], Need({"VCPU": 4}))) == "1 considered; 1 lacks 2 VCPUs"


def test_each_filter_says_what_it_is_about() -> None:
    def said(wanted: Need, **more: Any) -> str:
        return str(decide([host("a", **more)], wanted)).partition("; ")[2]

    assert said(need(), alive=False) == "1 does not answer"
    assert said(need(zone="moon")) == "1 is not in zone moon"
    assert said(need(host="b")) == "1 is not b"
    assert said(need(excluded=frozenset({"a"}))) == "1 failed before"
    assert said(need(traits=frozenset({"HW_X"}))) == "1 lacks HW_X"
    assert said(need()) == ""
    assert str(decide([], need())) == "0 considered"
