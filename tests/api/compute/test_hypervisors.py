"""Hypervisors, as administrators see them."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.compute.logic.compute_hosts import host_states_in
from cupola.placement import interface as placement


def ask(api: Any, path: str = "", at: str = "2.96") -> Any:
    return api("GET", f"/os-hypervisors{path}", at=at, token="admin")


@pytest.fixture
def busy(api: Any) -> Any:
    """A host on which something runs."""
    api.host("one")
    [state] = api.ctx.read("test", host_states_in)
    taken = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 10}
    api.ctx.transact("test", lambda tx: placement.claim_in(tx, api.ctx, "s", state.provider_id, taken, "blue", "u"))
    return api


def test_a_hypervisor_is_its_host_and_its_provider(api: Any) -> None:
    api.host("one")
    [shown] = ask(api).body["hypervisors"]
    [state] = api.ctx.read("test", host_states_in)
    assert shown == {"id": state.provider_id, "hypervisor_hostname": "one", "state": "up", "status": "enabled"}
    assert ask(api, f"/{shown['id']}").body["hypervisor"]["service"]["host"] == "one"


def test_its_address_is_where_other_hosts_reach_it(api: Any) -> None:
    facts = {"server": api.facts, "network": {"vtep": "192.0.2.7"}}
    api.system.control.hello("one", facts, api.clock.now())
    assert ask(api, "/detail").body["hypervisors"][0]["host_ip"] == "192.0.2.7"


def test_before_2_88_it_says_how_much_is_used(busy: Any) -> None:
    [shown] = ask(busy, "/detail", at="2.87").body["hypervisors"]
    assert (shown["hypervisor_type"], shown["hypervisor_version"]) == ("QEMU", 7002001)
    assert (shown["vcpus"], shown["vcpus_used"]) == (4, 2)
    assert (shown["memory_mb_used"], shown["free_ram_mb"]) == (1024, 8192 - 1024)
    assert (shown["local_gb_used"], shown["free_disk_gb"]) == (10, 90)
    assert shown["cpu_info"]["accelerator"] == "tcg"
    [newer] = ask(busy, "/detail").body["hypervisors"]
    assert not {"vcpus", "cpu_info", "running_vms"} & set(newer)
    assert newer["uptime"] is None


def test_the_sums_of_all_are_told_until_2_87(busy: Any) -> None:
    busy.host("two")
    sums = ask(busy, "/statistics", at="2.87").body["hypervisor_statistics"]
    assert (sums["count"], sums["vcpus"], sums["vcpus_used"]) == (2, 8, 2)
    assert ask(busy, "/statistics").status == 404


def test_the_oldest_form_goes_by_number_and_name(api: Any) -> None:
    api.host("alpha-1")
    assert ask(api, "/1", at="2.1").body["hypervisor"]["id"] == 1
    assert ask(api, "/alpha/search", at="2.52").body["hypervisors"][0]["hypervisor_hostname"] == "alpha-1"
    assert ask(api, "/beta/search", at="2.52").status == 404
    assert ask(api, "/alpha/search").status == 404
    assert ask(api, "/1/uptime", at="2.1").status == 501


def test_a_host_says_how_long_it_is_up(api: Any) -> None:
    api.host("one", booted_at=int(api.clock.now().timestamp()) - 2 * 86400 - 3 * 3600 - 240)
    told = ask(api, "/1/uptime", at="2.1").body["hypervisor"]
    assert told["uptime"].endswith("up 2 days,  3:04") and told["hypervisor_hostname"] == "one"
    assert ask(api, "/detail").body["hypervisors"][0]["uptime"] == told["uptime"]
    api.clock.advance(3600)
    assert ask(api, "/1/uptime", at="2.1").status == 400
    assert ask(api, "/detail").body["hypervisors"][0]["uptime"] is None


def test_a_list_is_paged_or_searched(api: Any) -> None:
    for name in ("alpha", "beta", "gamma"):
        api.host(name)
    first = ask(api, "?limit=2").body
    assert [one["hypervisor_hostname"] for one in first["hypervisors"]] == ["alpha", "beta"]
    rest = first["hypervisors_links"][0]["href"].partition("/os-hypervisors")[2]
    assert [one["hypervisor_hostname"] for one in ask(api, rest).body["hypervisors"]] == ["gamma"]
    assert len(ask(api, "?hypervisor_hostname_pattern=a").body["hypervisors"]) == 3
    assert ask(api, "?hypervisor_hostname_pattern=delta").status == 404
    assert ask(api, "?with_servers=true").body["hypervisors"][0]["servers"] == []


@pytest.mark.parametrize("path", ["/not-a-uuid", "?limit=x", "?marker=absent", "?colour=red", "?with_servers=maybe"])
def test_what_means_nothing_is_refused(api: Any, path: str) -> None:
    assert ask(api, path).status == 400


def test_members_see_none(api: Any) -> None:
    assert api("GET", "/os-hypervisors").status == 403
    assert api("GET", "/os-hypervisors/detail").status == 403
