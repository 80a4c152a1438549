"""Allocation candidates: which ways of meeting a request there are."""

from __future__ import annotations

from typing import Any

import pytest

AGGREGATE = "6c7bb7d5-4f2a-4c4b-8f4f-0a7c1d1b9c11"
SHARES = "MISC_SHARES_VIA_AGGREGATE"


def test_each_provider_that_has_enough_is_one_way(api: Any) -> None:
    big, small = api.provider("big", VCPU=8, MEMORY_MB=4096), api.provider("small", VCPU=4, MEMORY_MB=1024)
    assert len(api.ways("resources=VCPU:1,MEMORY_MB:512")) == 2
    assert api.ways("resources=VCPU:1,MEMORY_MB:2048") == [{big: {"VCPU": 1, "MEMORY_MB": 2048}}]
    api.allocate({big: {"MEMORY_MB": 4000}})
    assert api.ways("resources=VCPU:1,MEMORY_MB:1024") == [{small: {"VCPU": 1, "MEMORY_MB": 1024}}]
    assert api.ways("resources=VCPU:99") == []


def test_a_summary_tells_what_a_provider_has(api: Any) -> None:
    rp = api.provider("one", VCPU={"total": 8, "allocation_ratio": 2.0}, MEMORY_MB=1024)
    api.has(rp, traits=("HW_CPU_X86_AVX",))
    api.allocate({rp: {"VCPU": 2}})
    summary = api("GET", "/allocation_candidates?resources=VCPU:1").body["provider_summaries"][rp]
    assert summary == {
        "resources": {"VCPU": {"capacity": 16, "used": 2}, "MEMORY_MB": {"capacity": 1024, "used": 0}},
        "traits": ["HW_CPU_X86_AVX"],
        "parent_provider_uuid": None,
        "root_provider_uuid": rp,
    }
    older = api("GET", "/allocation_candidates?resources=VCPU:1", at="1.10").body
    assert older["provider_summaries"][rp] == {"resources": {"VCPU": {"capacity": 16, "used": 2}}}
    assert older["allocation_requests"] == [
        {"allocations": [{"resource_provider": {"uuid": rp}, "resources": {"VCPU": 1}}]}
    ]


def test_mappings_name_who_gives_to_each_group(api: Any) -> None:
    rp = api.provider("one", VCPU=8, VGPU=1)
    answer = api("GET", "/allocation_candidates?resources=VCPU:1&resources_GPU=VGPU:1")
    assert [one["mappings"] for one in answer.body["allocation_requests"]] == [{"": [rp], "_GPU": [rp]}]


def test_a_limit_cuts_the_list(api: Any) -> None:
    for number in range(4):
        api.provider(f"rp-{number}", VCPU=8)
    assert len(api.ways("resources=VCPU:1&limit=3")) == 3
    assert len(api.ways(f"resources=VCPU:1&limit={2**64}")) > 3


def test_traits_are_required_forbidden_or_either(api: Any) -> None:
    avx, ssd, bare = (api.provider(name, VCPU=8) for name in ("avx", "ssd", "bare"))
    api.has(avx, traits=("HW_CPU_X86_AVX",))
    api.has(ssd, traits=("STORAGE_DISK_SSD",))

    def found(query: str) -> set[str]:
        return {who for way in api.ways(f"resources=VCPU:1&{query}") for who in way}

    assert found("required=HW_CPU_X86_AVX") == {avx}
    assert found("required=!HW_CPU_X86_AVX") == {ssd, bare}
    assert found("required=in:HW_CPU_X86_AVX,STORAGE_DISK_SSD") == {avx, ssd}
    assert found("required=in:HW_CPU_X86_AVX,STORAGE_DISK_SSD&required=!HW_CPU_X86_AVX") == {ssd}
    assert found("root_required=STORAGE_DISK_SSD") == {ssd}


def test_aggregates_and_trees_narrow_the_search(api: Any) -> None:
    one, two = api.provider("one", VCPU=8), api.provider("two", VCPU=8)
    api.has(one, aggregates=(AGGREGATE,))
    assert api.ways(f"resources=VCPU:1&member_of={AGGREGATE}") == [{one: {"VCPU": 1}}]
    assert api.ways(f"resources=VCPU:1&member_of=!{AGGREGATE}") == [{two: {"VCPU": 1}}]
    assert api.ways(f"resources=VCPU:1&in_tree={two}") == [{two: {"VCPU": 1}}]


def test_the_group_without_a_suffix_is_spread_over_a_tree(api: Any) -> None:
    host = api.provider("host", VCPU=8)
    card = api.provider("card", parent=host, VGPU=2)
    assert api.ways("resources=VCPU:1,VGPU:1") == [{host: {"VCPU": 1}, card: {"VGPU": 1}}]
    assert api.ways("resources=VCPU:1,VGPU:1", at="1.28") == []


def test_a_sharing_provider_serves_all_of_its_aggregate(api: Any) -> None:
    near, far = api.provider("near", VCPU=8), api.provider("far", VCPU=8)
    disks = api.provider("disks", DISK_GB=1000)
    api.has(near, aggregates=(AGGREGATE,))
    api.has(disks, traits=(SHARES,), aggregates=(AGGREGATE,))
    assert api.ways("resources=VCPU:1,DISK_GB:10") == [{near: {"VCPU": 1}, disks: {"DISK_GB": 10}}]
    assert api.ways("resources=DISK_GB:10") == [{disks: {"DISK_GB": 10}}]
    assert far not in {who for way in api.ways("resources=VCPU:1,DISK_GB:1") for who in way}


@pytest.fixture
def cards(api: Any) -> tuple[Any, str, list[str]]:
    """A host with two cards of two ports each."""
    host = api.provider("host", VCPU=8)
    return api, host, [api.provider(f"card-{number}", parent=host, SRIOV_NET_VF=2) for number in range(2)]


def test_each_group_with_a_suffix_has_one_giver(cards: tuple[Any, str, list[str]]) -> None:
    api, host, (first, second) = cards
    assert api.ways("resources=VCPU:1&resources1=SRIOV_NET_VF:3") == []
    query = "resources=VCPU:1&resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:1&group_policy="
    apart = api.ways(query + "isolate")
    assert len(apart) == 2
    assert all(way == {host: {"VCPU": 1}, first: {"SRIOV_NET_VF": 1}, second: {"SRIOV_NET_VF": 1}} for way in apart)
    anyhow = api.ways(query + "none")
    assert {host: {"VCPU": 1}, first: {"SRIOV_NET_VF": 2}} in anyhow
    assert len(anyhow) == 4


def test_groups_together_never_ask_for_more_than_there_is(cards: tuple[Any, str, list[str]]) -> None:
    api, _, (first, second) = cards
    ways = api.ways("resources1=SRIOV_NET_VF:2&resources2=SRIOV_NET_VF:1&group_policy=none")
    assert {tuple(sorted((who, some["SRIOV_NET_VF"]) for who, some in way.items())) for way in ways} == {
        tuple(sorted([(first, 2), (second, 1)])),
        tuple(sorted([(first, 1), (second, 2)])),
    }


def test_groups_may_have_to_share_a_subtree(cards: tuple[Any, str, list[str]]) -> None:
    api, _, (first, _second) = cards
    api.has(first, traits=("HW_NIC_SRIOV",))
    query = "resources_A=SRIOV_NET_VF:1&required_B=HW_NIC_SRIOV&same_subtree=_A,_B&group_policy=none"
    assert api.ways(query) == [{first: {"SRIOV_NET_VF": 1}}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "placement.query.missing_value"),
        ("resources=VCPU:x", "placement.undefined_code"),
        ("resources=SANDWICH:1", "placement.undefined_code"),
        ("resources=VCPU:1&required=NO_SUCH", "placement.undefined_code"),
        ("resources=VCPU:1&required=COMPUTE_NODE,!COMPUTE_NODE", "placement.undefined_code"),
        ("resources=VCPU:1&required_A=COMPUTE_NODE", "placement.query.bad_value"),
        ("resources=VCPU:1&same_subtree=_A", "placement.query.bad_value"),
        ("resources1=VCPU:1&resources2=VCPU:1", "placement.undefined_code"),
        ("resources=VCPU:1&root_required=A&root_required=B", "placement.query.duplicate_key"),
        ("resources=VCPU:1&limit=0", "placement.undefined_code"),
        ("resources=VCPU:1&colour=red", "placement.undefined_code"),
    ],
)
def test_a_query_that_means_nothing_is_refused(api: Any, query: str, code: str) -> None:
    refused = api("GET", f"/allocation_candidates?{query}")
    assert (refused.status, refused.code) == (400, code)
