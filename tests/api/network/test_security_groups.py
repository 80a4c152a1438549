"""Security groups and their rules through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_each_project_has_a_default_group(api: Any) -> None:
    (group,) = api("GET", "/v2.0/security-groups").body["security_groups"]
    rules = {(rule["direction"], rule["ethertype"], rule["remote_group_id"]) for rule in group["security_group_rules"]}
    assert rules == {
        ("egress", "IPv4", None),
        ("egress", "IPv6", None),
        ("ingress", "IPv4", group["id"]),
        ("ingress", "IPv6", group["id"]),
    }
    path = f"/v2.0/security-groups/{group['id']}"
    assert api("POST", "/v2.0/security-groups", {"security_group": {"name": "default"}}).status == 409
    assert api("PUT", path, {"security_group": {"name": "x"}}).error[0] == "SecurityGroupCannotUpdateDefault"
    assert api("PUT", path, {"security_group": {"description": "x"}}).status == 200
    other = f"/v2.0/security-groups/{api.make('security_group', name='g')['id']}"
    assert api("PUT", other, {"security_group": {"name": "Default"}}).error[0] == "SecurityGroupDefaultAlreadyExists"
    assert api("DELETE", path).error[0] == "SecurityGroupCannotRemoveDefault"
    assert api("GET", path, token="other").status == 404


def test_no_limit_keeps_a_project_from_its_default_group(api: Any) -> None:
    small = {"quota": {"security_group": 0, "security_group_rule": 2}}
    assert api("PUT", "/v2.0/quotas/blue", small, "admin").status == 200
    assert api("GET", "/v2.0/security-groups").status == 200
    refused = api("POST", "/v2.0/security-groups", {"security_group": {"name": "g"}})
    assert (refused.status, refused.error[0]) == (409, "OverQuota")


def test_a_group_lets_everything_out(api: Any) -> None:
    group = api.make("security_group", name="g")
    assert [rule["direction"] for rule in group["security_group_rules"]] == ["egress", "egress"]
    path = f"/v2.0/security-groups/{group['id']}"
    assert api("PUT", path, {"security_group": {"name": "h"}}).body["security_group"]["name"] == "h"
    assert api("PUT", path, {"security_group": {"name": "h"}}, "reader").status == 403
    network, _ = api.network()
    port = api.make("port", network_id=network["id"], security_groups=[group["id"]])
    assert api("DELETE", path).error[0] == "SecurityGroupInUse"
    api("DELETE", f"/v2.0/ports/{port['id']}")
    assert api("DELETE", path).status == 204 and api("DELETE", path).status == 404


def test_a_rule_names_groups_that_are_there(api: Any) -> None:
    group = api.make("security_group", name="g")["id"]
    for given in ({"security_group_id": "none"}, {"security_group_id": group, "remote_group_id": "none"}):
        answer = api("POST", "/v2.0/security-group-rules", {"security_group_rule": {"direction": "ingress"} | given})
        assert (answer.status, answer.error[0]) == (404, "SecurityGroupNotFound")


@pytest.mark.parametrize(
    ("given", "type_"),
    [
        ({"protocol": "tcp", "port_range_min": 30, "port_range_max": 22}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 22, "port_range_max": 99999}, "SecurityGroupInvalidPortValue"),
        ({"port_range_min": 22, "port_range_max": 22}, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "icmp", "port_range_min": 300}, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "icmp", "port_range_max": 3}, "SecurityGroupMissingIcmpType"),
        ({"protocol": "carrier-pigeon"}, "SecurityGroupRuleInvalidProtocol"),
        ({"direction": "sideways"}, "HTTPBadRequest"),
        ({"ethertype": "IPv5"}, "HTTPBadRequest"),
        ({"remote_ip_prefix": "fd00::/8"}, "SecurityGroupRuleParameterConflict"),
        ({"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": "GROUP"}, "SecurityGroupMultipleRemoteEntites"),
    ],
)
def test_what_cannot_be_a_rule(api: Any, given: dict[str, Any], type_: str) -> None:
    group = api.make("security_group", name="g")["id"]
    wanted = {"security_group_id": group, "direction": "ingress"} | given
    if "remote_group_id" in wanted:
        wanted["remote_group_id"] = group
    answer = api("POST", "/v2.0/security-group-rules", {"security_group_rule": wanted})
    assert (answer.status, answer.error[0]) == (400, type_)


def test_a_rule_is_there_once(api: Any) -> None:
    group = api.make("security_group", name="g")["id"]
    wanted = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    first = api.make("security_group_rule", **wanted, remote_ip_prefix="0.0.0.0/0")
    again = api("POST", "/v2.0/security-group-rules", {"security_group_rule": {**wanted, "protocol": "6"}})
    assert (again.status, again.error[0]) == (409, "SecurityGroupRuleExists") and first["id"] in again.error[1]
    path = f"/v2.0/security-group-rules/{first['id']}"
    assert api("GET", path, token="other").status == 404 and api("DELETE", path, token="other").status == 404
    assert api("DELETE", path, token="reader").status == 403
    assert api("DELETE", path).status == 204
    assert api("PUT", path, {"security_group_rule": {}}).status == 405


def test_nobody_writes_rules_into_others_groups(api: Any) -> None:
    group = api.make("security_group", name="g")["id"]
    wanted = {"security_group_id": group, "direction": "ingress"}
    assert api("POST", "/v2.0/security-group-rules", {"security_group_rule": wanted}, "other").status == 404
    assert api("POST", "/v2.0/security-group-rules", {"security_group_rule": wanted}, "reader").status == 403


def test_a_rule_reaches_the_hosts_of_its_ports(api: Any) -> None:
    api.host("one")
    network, _ = api.network()
    port = {"network_id": network["id"], "binding:host_id": "one", "device_owner": "compute:nova", "device_id": "s"}
    group = api.make("port", "admin", **port, project_id="blue")["security_groups"][0]
    api.settle()
    rules = lambda: len(api.hosts["one"].networks()[0].ports[0].rules)  # noqa: E731
    before = rules()
    made = api.make("security_group_rule", "admin", security_group_id=group, direction="ingress", protocol="icmp")
    api.settle()
    assert rules() == before + 1
    api("DELETE", f"/v2.0/security-group-rules/{made['id']}", token="admin")
    api.settle()
    assert rules() == before


def _watched(api: Any) -> tuple[str, str, Callable[[], list[str]]]:
    """A network, a group without members, and which addresses another network lets in for being that group's."""
    api.host("one")
    (here, _), (there, _) = api.network(), api.network("10.1.0.0/24")
    group, watcher = (api.make("security_group", name=name)["id"] for name in "gw")
    api.make("security_group_rule", security_group_id=watcher, direction="ingress", remote_group_id=group)
    _bound(api, there["id"], watcher, device_owner="compute:nova", device_id="s")

    def let_in() -> list[str]:
        api.settle()
        found = next(each for each in api.hosts["one"].networks() if each.network_id == there["id"])
        return list(found.remote_groups[group])

    return here["id"], group, let_in


def _bound(api: Any, network_id: str, group: str, **values: Any) -> Any:
    place = {"network_id": network_id, "binding:host_id": "one", "project_id": "blue"}
    return api.make("port", "admin", **place, security_groups=[group], **values)


def test_a_member_that_becomes_a_routers_is_let_in_no_longer(api: Any) -> None:
    network_id, group, let_in = _watched(api)
    member = _bound(api, network_id, group)
    assert let_in() == [member["fixed_ips"][0]["ip_address"]]
    router = api.make("router", name="r")["id"]
    assert api("PUT", f"/v2.0/routers/{router}/add_router_interface", {"port_id": member["id"]}).status == 200
    assert let_in() == []


def test_a_member_whose_subnet_goes_is_let_in_no_longer(api: Any) -> None:
    network_id, group, let_in = _watched(api)
    second = api.make("subnet", network_id=network_id, ip_version=4, cidr="10.2.0.0/24", enable_dhcp=False)["id"]
    member = _bound(api, network_id, group, fixed_ips=[{"subnet_id": second}])
    said = {"port": {"device_owner": "network:dhcp"}}  # as which it keeps no subnet
    assert api("PUT", f"/v2.0/ports/{member['id']}", said, "admin").status == 200
    assert let_in() == [member["fixed_ips"][0]["ip_address"]]
    assert api("DELETE", f"/v2.0/subnets/{second}").status == 204
    assert not [address for address in let_in() if address.startswith("10.2.")]
