"""Allocations and usages, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

SERVER = "11111111-2222-3333-4444-555555555555"
OTHER = "66666666-2222-3333-4444-555555555555"


def test_a_consumer_holds_what_it_was_given(api: Any) -> None:
    rp = api.provider("one", VCPU=8, MEMORY_MB=1024)
    assert api.allocate({rp: {"VCPU": 2, "MEMORY_MB": 100}}, SERVER).status == 204
    assert api("GET", f"/allocations/{SERVER}").body == {
        "allocations": {rp: {"generation": 2, "resources": {"MEMORY_MB": 100, "VCPU": 2}}},
        "project_id": "blue",
        "user_id": "alice-id",
        "consumer_generation": 1,
        "consumer_type": "INSTANCE",
    }
    assert api("GET", f"/resource_providers/{rp}/allocations").body == {
        "allocations": {SERVER: {"resources": {"MEMORY_MB": 100, "VCPU": 2}, "consumer_generation": 1}},
        "resource_provider_generation": 2,
    }
    assert api("GET", f"/resource_providers/{rp}/usages").body["usages"] == {"MEMORY_MB": 100, "VCPU": 2}


def test_a_change_must_know_the_consumers_generation(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    api.allocate({rp: {"VCPU": 2}}, SERVER)
    assert api.allocate({rp: {"VCPU": 4}}, SERVER).code == "placement.concurrent_update"
    assert api.allocate({rp: {"VCPU": 4}}, SERVER, consumer_generation=1).status == 204
    assert api.allocate({rp: {"VCPU": 4}}, OTHER, consumer_generation=1).status == 409


def test_no_more_is_given_than_there_is(api: Any) -> None:
    rp = api.provider("one", VCPU={"total": 8, "max_unit": 4, "step_size": 2, "allocation_ratio": 2.0})
    assert api.allocate({rp: {"VCPU": 5}}).status == 409
    assert api.allocate({rp: {"VCPU": 3}}).status == 409
    assert [api.allocate({rp: {"VCPU": 4}}).status for _ in range(5)] == [204, 204, 204, 204, 409]
    assert api.allocate({rp: {"DISK_GB": 1}}).status == 409


def test_what_does_not_exist_is_not_given(api: Any) -> None:
    assert api.allocate({SERVER: {"VCPU": 1}}).status == 400
    rp = api.provider("one", VCPU=8)
    assert api.allocate({rp: {"SANDWICH": 1}}).status == 400
    assert api.allocate({rp: {}}).status == 400


def test_a_consumer_that_holds_nothing_is_gone(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    api.allocate({rp: {"VCPU": 2}}, SERVER)
    assert api("DELETE", f"/allocations/{SERVER}").status == 204
    assert api("DELETE", f"/allocations/{SERVER}").status == 404
    assert api("GET", f"/allocations/{SERVER}").body == {"allocations": {}}
    api.allocate({rp: {"VCPU": 2}}, SERVER)
    assert api.allocate({}, SERVER, consumer_generation=1).status == 204
    assert api.allocate({rp: {"VCPU": 2}}, SERVER).status == 204


def test_the_oldest_form_names_no_owner(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    body = {"allocations": [{"resource_provider": {"uuid": rp}, "resources": {"VCPU": 1}}]}
    assert api("PUT", f"/allocations/{SERVER}", body, at="1.0").status == 204
    assert api("PUT", f"/allocations/{SERVER}", body, at="1.8").status == 400
    assert api("GET", f"/allocations/{SERVER}").body["consumer_type"] == "unknown"


def test_several_consumers_change_together_or_not_at_all(api: Any) -> None:
    one, two = api.provider("one", VCPU=2), api.provider("two", VCPU=2)
    api.allocate({one: {"VCPU": 2}}, SERVER)
    owner = {"project_id": "blue", "user_id": "alice-id", "consumer_type": "INSTANCE"}

    def move(amount: int) -> int:
        body = {
            SERVER: {"allocations": {two: {"resources": {"VCPU": amount}}}, "consumer_generation": 1, **owner},
            OTHER: {"allocations": {one: {"resources": {"VCPU": 2}}}, "consumer_generation": None, **owner},
        }
        return int(api("POST", "/allocations", body).status)

    assert move(3) == 409
    assert api("GET", f"/allocations/{OTHER}").body == {"allocations": {}}
    assert move(2) == 204
    assert list(api("GET", f"/allocations/{OTHER}").body["allocations"]) == [one]


def test_a_project_sees_what_it_uses(api: Any) -> None:
    rp = api.provider("one", VCPU=8)
    api.allocate({rp: {"VCPU": 2}})
    api.allocate({rp: {"VCPU": 1}}, consumer_type="MIGRATION")
    api.allocate({rp: {"VCPU": 1}}, project_id="red")
    assert api("GET", "/usages?project_id=blue", at="1.9").body == {"usages": {"VCPU": 3}}
    assert api("GET", "/usages?project_id=blue", token="member").body["usages"] == {
        "INSTANCE": {"consumer_count": 1, "VCPU": 2},
        "MIGRATION": {"consumer_count": 1, "VCPU": 1},
    }
    totals = api("GET", "/usages?project_id=blue&consumer_type=all").body["usages"]
    assert totals == {"all": {"consumer_count": 2, "VCPU": 3}}
    assert api("GET", "/usages?project_id=red", token="member").status == 403
    assert api("GET", "/usages").status == 400


def test_inventories_move_with_what_is_allocated_of_them(api: Any) -> None:
    root = api.provider("root", VCPU=8, VGPU=2)
    api.allocate({root: {"VCPU": 1, "VGPU": 1}}, SERVER)
    child = api.provider("child", parent=root)
    body = {
        "inventories": {
            root: {"resource_provider_generation": 2, "inventories": {"VCPU": {"total": 8}}},
            child: {"resource_provider_generation": 0, "inventories": {"VGPU": {"total": 2}}},
        },
        "allocations": {
            SERVER: {
                "allocations": {root: {"resources": {"VCPU": 1}}, child: {"resources": {"VGPU": 1}}},
                "project_id": "blue",
                "user_id": "alice-id",
                "consumer_generation": 1,
                "consumer_type": "INSTANCE",
            }
        },
    }
    assert api("POST", "/reshaper", body).status == 403
    assert api("POST", "/reshaper", body, token="service").status == 204
    assert api("GET", f"/resource_providers/{child}/usages").body["usages"] == {"VGPU": 1}
    assert list(api("GET", f"/resource_providers/{root}/inventories").body["inventories"]) == ["VCPU"]


@pytest.mark.parametrize("consumer", ["not-a-uuid", "1"])
def test_a_consumer_has_a_uuid(api: Any, consumer: str) -> None:
    rp = api.provider("one", VCPU=8)
    assert api.allocate({rp: {"VCPU": 1}}, consumer).status == 400
