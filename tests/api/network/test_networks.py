"""Networks through the API: attributes, who may what, lists."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_network_is_shown_with_what_clients_expect(api: Any) -> None:
    network = api.make("network", name="one", description="first")
    assert network | {"name": "one", "mtu": 1450, "status": "ACTIVE", "subnets": [], "shared": False} == network
    assert network["project_id"] == network["tenant_id"] == "blue" and network["revision_number"] == 1
    assert not [name for name in network if name.startswith("provider:")]
    seen = api("GET", f"/v2.0/networks/{network['id']}", token="admin").body["network"]
    assert seen["provider:network_type"] == "vxlan" and 0 < seen["provider:segmentation_id"] < 2**24


@pytest.mark.parametrize(
    ("given", "type_", "message"),
    [
        ({"name": 5}, "HTTPBadRequest", "Invalid input for name. Reason: '5' is not a valid string."),
        ({"admin_state_up": "perhaps"}, "InvalidInput", "'perhaps' cannot be converted to boolean"),
        ({"mtu": -1}, "HTTPBadRequest", "Invalid input for mtu. Reason: '-1' should be non-negative."),
        ({"mtu": 67}, "HTTPBadRequest", "Invalid input for mtu. Reason: '67' is too small - must be at least '68'."),
        ({"mtu": 2**31}, "HTTPBadRequest", "Invalid input for mtu. Reason: '2147483648' is too large"),
        ({"colour": "red"}, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        ({"id": "x"}, "HTTPBadRequest", "Attribute 'id' not allowed in POST"),
        ({"project_id": "red"}, "HTTPBadRequest", "requires admin privileges"),
        ({"project_id": "blue", "tenant_id": "red"}, "HTTPBadRequest", "do not match"),
    ],
)
def test_what_is_wrong_is_named(api: Any, given: dict[str, Any], type_: str, message: str) -> None:
    answer = api("POST", "/v2.0/networks", {"network": given})
    assert answer.status == 400 and answer.error[0] == type_ and message in answer.error[1]


@pytest.mark.parametrize("raw", ['{"network": ', "[]", "5", '{"net": {}}', '{"networks": []}', '{"network": []}'])
def test_a_body_that_is_none_is_refused(api: Any, raw: str) -> None:
    answer = api("POST", "/v2.0/networks", raw=raw)
    assert answer.status == 400 and answer.error[0] == "HTTPBadRequest"


@pytest.mark.parametrize("attribute", ["shared", "router:external", "is_default"])
def test_some_attributes_are_for_administrators(api: Any, attribute: str) -> None:
    answer = api("POST", "/v2.0/networks", {"network": {attribute: True}})
    assert answer.status == 403 and answer.error[0] == "PolicyNotAuthorized"
    assert api("POST", "/v2.0/networks", {"network": {attribute: False}}).status == 201
    assert api("POST", "/v2.0/networks", {"network": {attribute: True}}, "admin").status == 201


def test_other_projects_see_what_is_shared_and_what_leads_outside(api: Any) -> None:
    own = api.make("network", name="own")
    shared = api.make("network", "admin", name="shared", shared=True)
    public = api.public()
    names = lambda token: sorted(each["name"] for each in api("GET", "/v2.0/networks", token=token).body["networks"])  # noqa: E731
    assert names("other") == ["public", "shared"]
    assert names("reader") == ["own", "public", "shared"]
    for verb, body in (("GET", None), ("PUT", {"network": {"name": "x"}}), ("DELETE", None)):
        assert api(verb, f"/v2.0/networks/{own['id']}", body, "other").status == 404
    assert api("PUT", f"/v2.0/networks/{shared['id']}", {"network": {"name": "x"}}, "other").status == 403
    assert api("DELETE", f"/v2.0/networks/{public['id']}", token="other").status == 403
    assert api("PUT", f"/v2.0/networks/{own['id']}", {"network": {"name": "x"}}, "reader").status == 403
    assert api("POST", "/v2.0/networks", {"network": {}}, "reader").status == 403


def test_without_a_token_only_versions_are_shown(api: Any) -> None:
    assert api("GET", "/", token=None).body["versions"][0]["id"] == "v2.0"
    for path in ("/v2.0", "/v2.0/networks", "/v2.0/extensions"):
        assert api("GET", path, token=None).status == 401
    assert {"name": "network", "collection": "networks"}.items() <= api("GET", "/v2.0").body["resources"][0].items()


def test_several_are_made_at_once_or_none(api: Any) -> None:
    made = api("POST", "/v2.0/networks", {"networks": [{"name": "a"}, {"name": "b"}]})
    assert made.status == 201 and [each["name"] for each in made.body["networks"]] == ["a", "b"]
    assert api("POST", "/v2.0/networks", {"networks": [{"name": "c"}, {"shared": True}]}).status == 403
    assert len(api("GET", "/v2.0/networks").body["networks"]) == 2


def test_lists_are_filtered_sorted_and_paged(api: Any) -> None:
    made = {name: api.make("network", name=name, admin_state_up=name != "b")["id"] for name in "cab"}
    get = lambda query: api("GET", f"/v2.0/networks?{query}").body  # noqa: E731
    assert [each["id"] for each in get("name=a&name=c&sort_key=name&sort_dir=desc")["networks"]] == [
        made["c"],
        made["a"],
    ]
    assert get("admin_state_up=false&fields=name")["networks"] == [{"name": "b"}]
    assert get("status=DOWN")["networks"] == []
    page = get("limit=2&sort_key=name&sort_dir=asc")
    assert [each["name"] for each in page["networks"]] == ["a", "b"]
    following = page["networks_links"][0]
    assert following["rel"] == "next" and f"marker={made['b']}" in following["href"]
    rest = get(following["href"].partition("?")[2])
    assert [each["name"] for each in rest["networks"]] == ["c"]
    assert [link["rel"] for link in rest["networks_links"]] == ["previous"]
    back = get(rest["networks_links"][0]["href"].partition("?")[2])
    assert [each["name"] for each in back["networks"]] == ["a", "b"]


@pytest.mark.parametrize(
    "query",
    ["sort_key=colour&sort_dir=asc", "sort_key=name", "sort_key=name&sort_dir=up", "limit=x", "limit=-1", "colour=red"],
)
def test_a_list_cannot_be_asked_for_just_anything(api: Any, query: str) -> None:
    assert api("GET", f"/v2.0/networks?{query}").status == 400


def test_a_marker_must_be_there(api: Any) -> None:
    answer = api("GET", "/v2.0/networks?limit=1&marker=absent")
    assert answer.status == 404 and answer.error == ("NetworkNotFound", "Network absent could not be found.")


def test_tags_are_put_asked_for_and_taken(api: Any) -> None:
    network = api.make("network", name="tagged")
    api.make("network", name="plain")
    path = f"/v2.0/networks/{network['id']}/tags"
    assert api("PUT", path, {"tags": ["b", "a"]}).body == {"tags": ["a", "b"]}
    assert api("PUT", f"{path}/c").status == 201
    assert api("POST", path, {"tags": ["d", "a"]}).body == {"tags": ["d", "a"]}
    assert api("GET", path).body == {"tags": ["a", "b", "c", "d"]}
    for bad in ({}, {"tags": "a"}, {"tags": ["a", "a"]}, {"tags": [str(n) for n in range(51)]}):
        assert (answer := api("PUT", path, bad)).status == 400 and answer.error[0] == "InvalidInput"
    assert api("POST", path, {"tags": [str(n) for n in range(47)]}).status == 400
    assert api("GET", f"{path}/c").status == 204 and api("GET", f"{path}/x").status == 404
    assert api("DELETE", f"{path}/c").status == 204 and api("DELETE", f"{path}/c").error[0] == "TagNotFound"
    names = lambda query: [each["name"] for each in api("GET", f"/v2.0/networks?{query}").body["networks"]]  # noqa: E731
    assert names("tags=a,b") == ["tagged"] and names("tags=a,x") == [] and names("not-tags-any=a") == ["plain"]
    assert api("PUT", path, {"tags": ["x"]}, "reader").status == 403
    assert api("PUT", path, {"tags": ["x"]}, "other").status == 404
    assert api("DELETE", path).status == 204 and api("GET", path).body == {"tags": []}


def test_a_network_in_use_stays(api: Any) -> None:
    network, _ = api.network()
    port = api.make("port", network_id=network["id"])
    answer = api("DELETE", f"/v2.0/networks/{network['id']}")
    assert answer.status == 409 and answer.error[0] == "NetworkInUse" and port["id"] in answer.error[1]
    assert api("DELETE", f"/v2.0/ports/{port['id']}").status == 204
    assert api("DELETE", f"/v2.0/networks/{network['id']}").status == 204
    assert api("GET", "/v2.0/subnets").body == {"subnets": []}
    assert api("GET", "/v2.0/quotas/blue/details", token="admin").body["quota"]["port"]["used"] == 0


@pytest.mark.parametrize("path", ["networks", "subnets", "ports", "security-groups", "security-group-rules"])
def test_a_list_costs_the_same_however_long(api: Any, path: str) -> None:
    def cost() -> int:
        before = api.db.statistics.statements
        assert api("GET", f"/v2.0/{path}").status == 200
        return int(api.db.statistics.statements - before)

    def fill(number: int) -> None:
        network, _ = api.network(f"10.{number}.0.0/24")
        api.make("port", network_id=network["id"])
        api.make("security_group", name=f"g{number}")

    fill(1)
    first = cost()
    for number in (2, 3, 4):
        fill(number)
    assert cost() == first


def test_vnis_are_given_once(api: Any) -> None:
    wanted = {"provider:network_type": "vxlan", "provider:segmentation_id": 77}
    api.make("network", "admin", **wanted)
    answer = api("POST", "/v2.0/networks", {"network": wanted}, "admin")
    assert answer.status == 409 and answer.error[0] == "VniInUse"
