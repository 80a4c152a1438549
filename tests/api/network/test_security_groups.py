"""Security groups and their rules through the API."""

from __future__ import annotations

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
