"""Resource providers and what they have, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

UUID = "6c7bb7d5-4f2a-4c4b-8f4f-0a7c1d1b9c11"


def test_the_versions_are_told_without_a_token(api: Any) -> None:
    [version] = api("GET", "/", token="", at=None).body["versions"]
    assert (version["min_version"], version["max_version"], version["id"]) == ("1.0", "1.39", "v1.0")


def test_who_is_no_administrator_and_no_service_sees_nothing(api: Any) -> None:
    assert api("GET", "/resource_providers", token="member").status == 403
    assert api("GET", "/resource_providers", token="service").status == 200
    assert api("GET", "/resource_providers", token="").status == 401


def test_a_provider_is_shown_with_what_the_microversion_knows(api: Any) -> None:
    rp = api.provider("one")
    shown = api("GET", f"/resource_providers/{rp}").body
    assert (shown["name"], shown["generation"]) == ("one", 0)
    assert (shown["parent_provider_uuid"], shown["root_provider_uuid"]) == (None, rp)
    assert [link["rel"] for link in shown["links"]] == [
        "self", "inventories", "usages", "aggregates", "traits", "allocations",
    ]  # fmt: skip
    assert shown["links"][0]["href"] == f"/placement/resource_providers/{rp}"
    oldest = api("GET", f"/resource_providers/{rp}", at="1.0").body
    assert [link["rel"] for link in oldest["links"]] == ["self", "inventories", "usages"]
    assert "root_provider_uuid" not in oldest


def test_answers_say_when_they_changed_from_1_15_on(api: Any) -> None:
    rp = api.provider("one")
    headers = api("GET", f"/resource_providers/{rp}").headers
    assert headers["cache-control"] == "no-cache"
    assert headers["last-modified"].endswith("GMT")
    assert "last-modified" not in api("GET", f"/resource_providers/{rp}", at="1.14").headers


def test_before_1_20_a_new_provider_is_only_located(api: Any) -> None:
    made = api("POST", "/resource_providers", {"name": "one"}, at="1.19")
    assert (made.status, made.body) == (201, None)
    assert "/placement/resource_providers/" in made.headers["location"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": 5},
        {"name": "x", "uuid": "not-a-uuid"},
        {"name": "x", "colour": "red"},
        {"name": "x", "parent_provider_uuid": UUID},
    ],
)
def test_what_makes_no_sense_is_refused(api: Any, body: dict[str, Any]) -> None:
    refused = api("POST", "/resource_providers", body)
    assert (refused.status, refused.code) == (400, "placement.undefined_code")


def test_names_and_ids_are_taken_once(api: Any) -> None:
    rp = api.provider("one")
    assert api("POST", "/resource_providers", {"name": "one"}).code == "placement.duplicate_name"
    assert api("POST", "/resource_providers", {"name": "two", "uuid": rp}).code == "placement.duplicate_name"
    two = api.provider("two")
    assert api("PUT", f"/resource_providers/{two}", {"name": "one"}).code == "placement.duplicate_name"


def test_a_tree_is_listed_and_not_felled_from_the_root(api: Any) -> None:
    root = api.provider("root")
    leaf = api.provider("leaf", parent=root)
    api.provider("other")
    tree = api("GET", f"/resource_providers?in_tree={leaf}").body["resource_providers"]
    assert {one["uuid"] for one in tree} == {root, leaf}
    assert api("DELETE", f"/resource_providers/{root}").code == "placement.resource_provider.cannot_delete_parent"
    assert api("DELETE", f"/resource_providers/{leaf}").status == 204
    assert api("DELETE", f"/resource_providers/{root}").status == 204
    assert api("GET", f"/resource_providers/{root}").status == 404


def test_a_subtree_moves_from_1_37_on_and_never_below_itself(api: Any) -> None:
    one, two = api.provider("one"), api.provider("two")
    branch = api.provider("branch", parent=one)
    leaf = api.provider("leaf", parent=branch)
    move = {"name": "branch", "parent_provider_uuid": two}
    assert api("PUT", f"/resource_providers/{branch}", move, at="1.36").status == 400
    assert api("PUT", f"/resource_providers/{branch}", move).body["root_provider_uuid"] == two
    assert api("GET", f"/resource_providers/{leaf}").body["root_provider_uuid"] == two
    assert api("PUT", f"/resource_providers/{two}", {"name": "two", "parent_provider_uuid": leaf}).status == 400


def test_inventories_are_set_and_guarded_by_the_generation(api: Any) -> None:
    rp = api.provider("one")
    path = f"/resource_providers/{rp}/inventories"
    wanted = {"VCPU": {"total": 8, "allocation_ratio": 4.0}, "MEMORY_MB": {"total": 1024, "reserved": 24}}
    body = {"resource_provider_generation": 0, "inventories": wanted}
    assert api("PUT", path, body).body["resource_provider_generation"] == 1
    assert api("PUT", path, body).code == "placement.concurrent_update"
    seen = api("GET", path).body["inventories"]
    assert seen["VCPU"] == {
        "total": 8, "reserved": 0, "min_unit": 1, "max_unit": 2**31 - 1, "step_size": 1, "allocation_ratio": 4.0,
    }  # fmt: skip
    assert api("GET", f"{path}/MEMORY_MB").body["reserved"] == 24
    assert api("GET", f"{path}/DISK_GB").status == 404


def test_one_inventory_comes_changes_and_goes(api: Any) -> None:
    rp = api.provider("one")
    path = f"/resource_providers/{rp}/inventories"
    made = api("POST", path, {"resource_class": "DISK_GB", "total": 100})
    assert (made.status, made.body["resource_provider_generation"]) == (201, 1)
    assert api("POST", path, {"resource_class": "DISK_GB", "total": 100}).status == 409
    changed = api("PUT", f"{path}/DISK_GB", {"resource_provider_generation": 1, "total": 50})
    assert (changed.body["total"], changed.body["resource_provider_generation"]) == (50, 2)
    assert api("PUT", f"{path}/VCPU", {"resource_provider_generation": 2, "total": 1}).status == 400
    assert api("DELETE", f"{path}/DISK_GB").status == 204
    assert api("DELETE", f"{path}/DISK_GB").status == 404


@pytest.mark.parametrize("inventory", [{"total": 0}, {"total": 8, "reserved": 9}, {"total": "x"}, {"colour": 1}])
def test_an_inventory_that_contradicts_itself_is_refused(api: Any, inventory: dict[str, Any]) -> None:
    rp = api.provider("one", VCPU=8)
    body = {"resource_provider_generation": 1, **inventory}
    assert api("PUT", f"/resource_providers/{rp}/inventories/VCPU", body).status == 400


def test_all_of_an_inventory_may_be_reserved_from_1_26_on(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    body = {"resource_provider_generation": 1, "total": 8, "reserved": 8}
    path = f"/resource_providers/{rp}/inventories/VCPU"
    assert api("PUT", path, body, at="1.25").status == 400
    assert api("PUT", path, body).status == 200


def test_what_is_in_use_does_not_go(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    api.allocate({rp: {"VCPU": 1}})
    path = f"/resource_providers/{rp}"
    assert api("DELETE", f"{path}/inventories/VCPU").code == "placement.inventory.inuse"
    assert api("DELETE", f"{path}/inventories").code == "placement.inventory.inuse"
    assert api("DELETE", path).code == "placement.resource_provider.inuse"


def test_traits_belong_to_a_provider(api: Any) -> None:
    rp = api.provider("one")
    path = f"/resource_providers/{rp}/traits"
    body = {"traits": ["HW_CPU_X86_AVX"], "resource_provider_generation": 0}
    assert api("PUT", path, body).body == {"traits": ["HW_CPU_X86_AVX"], "resource_provider_generation": 1}
    assert api("PUT", path, body).code == "placement.concurrent_update"
    assert api("PUT", path, {"traits": ["NO_SUCH"], "resource_provider_generation": 1}).status == 400
    assert api("DELETE", path).status == 204
    assert api("GET", path).body["traits"] == []


def test_aggregates_belong_to_a_provider(api: Any) -> None:
    rp = api.provider("one")
    path = f"/resource_providers/{rp}/aggregates"
    assert api("PUT", path, [UUID], at="1.1").body == {"aggregates": [UUID]}
    body = {"aggregates": [UUID], "resource_provider_generation": 0}
    assert api("PUT", path, body).body["resource_provider_generation"] == 1
    assert api("PUT", path, body).code == "placement.concurrent_update"
    assert api("GET", path, at="1.0").status == 404


def test_providers_are_listed_by_what_they_have(api: Any) -> None:
    big, small = api.provider("big", VCPU=64), api.provider("small", VCPU=1)
    api.has(big, traits=("HW_CPU_X86_AVX",), aggregates=(UUID,))

    def found(query: str) -> set[str]:
        return {one["uuid"] for one in api("GET", f"/resource_providers?{query}").body["resource_providers"]}

    assert found("resources=VCPU:2") == {big}
    assert found("required=HW_CPU_X86_AVX") == {big}
    assert found("required=!HW_CPU_X86_AVX") == {small}
    assert found(f"member_of=in:{UUID},{small}") == {big}
    assert found(f"member_of=!{UUID}") == {small}
    assert found("name=small") == {small}


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "in_tree=x",
        "resources=VCPU:x",
        "resources=SANDWICH:1",
        "required=NO_SUCH",
        "member_of=x",
        "uuid=1",
    ],
)
def test_a_filter_that_means_nothing_is_refused(api: Any, query: str) -> None:
    assert api("GET", f"/resource_providers?{query}").status == 400


def test_a_list_costs_the_same_whatever_its_length(api: Any) -> None:
    def statements() -> int:
        before = api.db.statistics.statements
        api("GET", "/resource_providers?resources=VCPU:1")
        return int(api.db.statistics.statements - before)

    api.provider("first", VCPU=8)
    few = statements()
    for number in range(5):
        api.provider(f"more-{number}", VCPU=8)
    assert statements() == few


@pytest.mark.parametrize(("at", "status"), [("1.999", 406), ("9.9", 406), ("one", 400)])
def test_a_microversion_that_is_none_is_refused(api: Any, at: str, status: int) -> None:
    refused = api("GET", "/resource_providers", at=at)
    assert refused.status == status
    assert refused.body["errors"][0].get("max_version") == ("1.39" if status == 406 else None)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH"])
def test_only_what_is_declared_is_allowed(api: Any, method: str) -> None:
    refused = api(method, "/resource_providers")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST")
    assert refused.headers["openstack-api-version"] == "placement 1.39"


def test_a_body_is_json_and_says_so(api: Any) -> None:
    body = {"raw": '{"name": "x"}'}
    assert api("POST", "/resource_providers", headers={"Content-Type": "text/plain"}, **body).status == 415
    assert api("POST", "/resource_providers", headers={"Content-Type": "application/json"}, **body).status == 200
