"""Flavors, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.compute.logic import flavors

SMALL = {"name": "small", "id": "s1", "ram": 64, "vcpus": 1, "disk": 1}


def make(api: Any, **changes: Any) -> Any:
    return api("POST", "/flavors", {"flavor": SMALL | changes}, token="admin")


def test_an_administrator_makes_one_and_all_see_it(api: Any) -> None:
    assert make(api, description="tiny").status == 200
    seen = api("GET", "/flavors/s1").body["flavor"]
    assert seen == {
        "id": "s1",
        "name": "small",
        "ram": 64,
        "disk": 1,
        "swap": 0,
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": 1,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "description": "tiny",
        "extra_specs": {},
        "links": seen["links"],
    }
    assert [link["href"].partition("/compute")[2] for link in seen["links"]] == ["/v2.1/flavors/s1", "/flavors/s1"]


def test_the_first_microversion_shows_less(api: Any) -> None:
    make(api)
    seen = api("GET", "/flavors/s1", at="2.1").body["flavor"]
    assert seen["swap"] == ""
    assert not {"description", "extra_specs"} & set(seen)


def test_id_and_name_are_taken_once(api: Any) -> None:
    make(api)
    assert make(api, id="s2").body["conflictingRequest"]["message"] == "Flavor with name small already exists."
    assert make(api, name="other").body["conflictingRequest"]["message"] == "Flavor with ID s1 already exists."


@pytest.mark.parametrize(
    "change",
    [
        {"ram": "lots"},
        {"ram": 0},
        {"ram": "2147483648"},
        {"name": " "},
        {"id": "a/b"},
        {"id": 10**255},
        {"colour": "red"},
    ],
)
def test_what_makes_no_sense_is_refused(api: Any, change: dict[str, Any]) -> None:
    assert make(api, **change).status == 400


def test_a_member_makes_and_removes_none(api: Any) -> None:
    make(api)
    assert api("POST", "/flavors", {"flavor": SMALL}).status == 403
    assert api("DELETE", "/flavors/s1").status == 403
    assert api("DELETE", "/flavors/s1", token="admin").status == 202
    assert api("DELETE", "/flavors/s1", token="admin").status == 404


def test_a_list_goes_on_where_its_link_says(api: Any) -> None:
    for number in range(3):
        make(api, id=f"s{number}", name=f"n{number}")
    first = api("GET", "/flavors?limit=2&sort_key=name&sort_dir=desc").body
    assert [flavor["id"] for flavor in first["flavors"]] == ["s2", "s1"]
    rest = first["flavors_links"][0]["href"].partition("/v2.1")[2]
    assert [flavor["id"] for flavor in api("GET", rest).body["flavors"]] == ["s0"]


@pytest.mark.parametrize(
    "query", ["limit=-1", "marker=absent", "sort_key=colour", "minRam=x", "is_public=maybe", "colour=red"]
)
def test_a_query_that_means_nothing_is_refused(api: Any, query: str) -> None:
    assert api("GET", f"/flavors?{query}", token="admin").status == 400


def test_a_list_is_filtered_by_what_a_server_needs(api: Any) -> None:
    make(api)
    make(api, id="big", name="big", ram=4096, disk=20)
    assert [one["id"] for one in api("GET", "/flavors/detail?minRam=100&minDisk=2").body["flavors"]] == ["big"]


def test_a_private_one_is_seen_by_the_projects_it_was_given_to(api: Any) -> None:
    make(api, **{"os-flavor-access:is_public": False})
    assert api("GET", "/flavors/s1").status == 404
    given = api("POST", "/flavors/s1/action", {"addTenantAccess": {"tenant": "blue"}}, token="admin")
    assert given.body == {"flavor_access": [{"flavor_id": "s1", "tenant_id": "blue"}]}
    assert [one["id"] for one in api("GET", "/flavors").body["flavors"]] == ["s1"]
    assert api("GET", "/flavors/s1", token="other").status == 404
    assert api("POST", "/flavors/s1/action", {"addTenantAccess": {"tenant": "blue"}}, token="admin").status == 409
    assert api("POST", "/flavors/s1/action", {"addTenantAccess": {"tenant": "absent"}}, token="admin").status == 400
    taken = api("POST", "/flavors/s1/action", {"removeTenantAccess": {"tenant": "blue"}}, token="admin")
    assert taken.body == {"flavor_access": []}


def test_a_public_one_has_no_access_list(api: Any) -> None:
    make(api)
    assert api("GET", "/flavors/s1/os-flavor-access", token="admin").status == 404
    assert api("POST", "/flavors/s1/action", {"addTenantAccess": {"tenant": "blue"}}, token="admin").status == 409


def test_extra_specs_come_and_go(api: Any) -> None:
    make(api)
    specs = {"hw:cpu_policy": "shared", "own:x": "y"}
    assert api("POST", "/flavors/s1/os-extra_specs", {"extra_specs": specs}, token="admin").body == {
        "extra_specs": specs
    }
    assert api("GET", "/flavors/s1").body["flavor"]["extra_specs"] == specs
    assert api("PUT", "/flavors/s1/os-extra_specs/own:x", {"own:x": "z"}, token="admin").body == {"own:x": "z"}
    assert api("GET", "/flavors/s1/os-extra_specs/own:x").body == {"own:x": "z"}
    assert api("DELETE", "/flavors/s1/os-extra_specs/own:x", token="admin").status == 200
    assert api("GET", "/flavors/s1/os-extra_specs/own:x").status == 404


@pytest.mark.parametrize("spec", [("hw:cpu_policy", "sideways"), ("hw:cpu_polcy", "shared"), ("quota:cpu_shares", "x")])
def test_a_slip_in_an_extra_spec_is_refused(api: Any, spec: tuple[str, str]) -> None:
    make(api)
    wanted = {"extra_specs": dict([spec])}
    assert api("POST", "/flavors/s1/os-extra_specs", wanted, token="admin").status == 400
    assert api("POST", "/flavors/s1/os-extra_specs", wanted, token="admin", at="2.85").status == 200


def test_a_new_cloud_has_flavors_and_keeps_those_it_has(api: Any) -> None:
    make(api, id="1", name="mine")
    flavors.bootstrap(api.ctx)
    flavors.bootstrap(api.ctx)
    found = {one["id"]: one["name"] for one in api("GET", "/flavors").body["flavors"]}
    assert found == {"1": "mine", "2": "m1.small", "3": "m1.medium", "4": "m1.large"}
