"""Ports through the API: addresses, MACs, groups, policy."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest


def test_a_port_gets_an_address_a_mac_and_the_default_group(api: Any) -> None:
    network, subnet = api.network()
    port = api.make("port", network_id=network["id"])
    assert port["mac_address"].startswith("fa:16:3e:") and port["status"] == "DOWN"
    assert [fixed["subnet_id"] for fixed in port["fixed_ips"]] == [subnet["id"]]
    (group,) = api("GET", "/v2.0/security-groups?name=default").body["security_groups"]
    assert port["security_groups"] == [group["id"]]
    assert "binding:host_id" not in port
    seen = api("GET", f"/v2.0/ports/{port['id']}", token="admin").body["port"]
    assert seen["binding:host_id"] == "" and seen["binding:vif_type"] == "unbound"


@pytest.mark.parametrize(
    ("given", "status", "type_"),
    [
        ({"fixed_ips": [{"ip_address": "10.0.0.50"}]}, 409, "IpAddressAlreadyAllocated"),
        ({"fixed_ips": [{"ip_address": "10.99.0.50"}]}, 400, "InvalidIpForNetwork"),
        ({"fixed_ips": [{"subnet_id": "SUBNET", "ip_address": "10.99.0.50"}]}, 400, "InvalidIpForSubnet"),
        ({"fixed_ips": [{"subnet_id": "SUBNET", "ip_address": "10.0.0.255"}]}, 400, "InvalidIpForSubnet"),
        ({"fixed_ips": [{"colour": "red"}]}, 400, "HTTPBadRequest"),
        ({"fixed_ips": [{"subnet_id": "171bfe7b-5a81-4ae6-a3dc-3030f37394d0"}]}, 404, "SubnetNotFound"),
        ({"mac_address": "zz:00"}, 400, "HTTPBadRequest"),
        ({"mac_address": "FA:16:3E:00:00:01"}, 409, "MacAddressInUse"),
        ({"network_id": "171bfe7b-5a81-4ae6-a3dc-3030f37394d0"}, 404, "NetworkNotFound"),
        ({"security_groups": ["171bfe7b-5a81-4ae6-a3dc-3030f37394d0"]}, 404, "SecurityGroupNotFound"),
        ({"security_groups": ["GROUP"], "port_security_enabled": False}, 409, "PortSecurityPortHasSecurityGroup"),
        (
            {"allowed_address_pairs": [{"ip_address": "1.1.1.1"}], "port_security_enabled": False},
            409,
            "AddressPairAndPortSecurityRequired",
        ),
        ({"binding:host_id": "one"}, 403, "PolicyNotAuthorized"),
    ],
)
def test_what_cannot_be_a_port(api: Any, given: dict[str, Any], status: int, type_: str) -> None:
    network, subnet = api.network()
    taken = {"fixed_ips": [{"ip_address": "10.0.0.50"}], "mac_address": "fa:16:3e:00:00:01"}
    port = api.make("port", network_id=network["id"], **taken)
    text = str({"network_id": network["id"], **given})
    wanted = eval(text.replace("SUBNET", subnet["id"]).replace("GROUP", port["security_groups"][0]))
    answer = api("POST", "/v2.0/ports", {"port": wanted})
    assert (answer.status, answer.error[0]) == (status, type_)


def test_addresses_run_out(api: Any) -> None:
    network, _ = api.network("10.0.0.0/29")
    made = [api.make("port", network_id=network["id"])["fixed_ips"][0]["ip_address"] for _ in range(4)]
    assert len(set(made)) == 4 and "10.0.0.1" not in made
    answer = api("POST", "/v2.0/ports", {"port": {"network_id": network["id"]}})
    assert (answer.status, answer.error[0]) == (409, "IpAddressGenerationFailure")


def test_an_address_of_ipv6_follows_from_the_mac(api: Any) -> None:
    network, _ = api.network()
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    api.make("subnet", network_id=network["id"], ip_version=6, cidr="fd00:1::/64", **modes)
    port = api.make("port", network_id=network["id"], mac_address="fa:16:3e:12:34:56")
    assert [fixed["ip_address"] for fixed in port["fixed_ips"]][1] == "fd00:1::f816:3eff:fe12:3456"


def test_addresses_groups_and_security_can_be_changed(api: Any) -> None:
    network, subnet = api.network()
    port = api.make("port", network_id=network["id"])
    path, group = f"/v2.0/ports/{port['id']}", api.make("security_group", name="g")
    fixed = [{"subnet_id": subnet["id"], "ip_address": "10.0.0.200"}]
    changes = {"name": "x", "fixed_ips": fixed, "security_groups": [group["id"]]}
    changed = api("PUT", path, {"port": changes}).body["port"]
    assert changed | changes == changed and changed["revision_number"] == 2
    assert api("PUT", path, {"port": {"port_security_enabled": False}}).error[0] == "PortSecurityPortHasSecurityGroup"
    assert api("PUT", path, {"port": {"port_security_enabled": False, "security_groups": []}}).status == 200
    assert api("PUT", path, {"port": {"network_id": network["id"]}}).status == 400
    assert api("PUT", path, {"port": {"mac_address": "fa:16:3e:00:00:09"}}).status == 403
    assert api("PUT", path, {"port": {"binding:host_id": "one"}}, "admin").body["port"]["binding:vif_type"] == "bridge"


def test_ports_are_found_by_address_and_group(api: Any) -> None:
    network, subnet = api.network()
    group = api.make("security_group", name="g")
    wanted = {"fixed_ips": [{"ip_address": "10.0.0.77"}], "security_groups": [group["id"]]}
    port = api.make("port", network_id=network["id"], **wanted)
    api.make("port", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.99"}])
    find = lambda query: [each["id"] for each in api("GET", f"/v2.0/ports?{query}").body["ports"]]  # noqa: E731
    assert find("fixed_ips=ip_address=10.0.0.77") == find("fixed_ips=ip_address_substr=.77") == [port["id"]]
    assert find(f"security_groups={group['id']}") == [port["id"]]
    assert len(find(f"fixed_ips=subnet_id={subnet['id']}")) == 3
    assert find(f"mac_address={port['mac_address']}&network_id={network['id']}") == [port["id"]]


def test_a_port_has_several_addresses_of_one_subnet(api: Any) -> None:
    network, subnet = api.network("10.0.0.0/29")
    some = {"subnet_id": subnet["id"]}
    addresses = lambda port: [fixed["ip_address"] for fixed in port["fixed_ips"]]  # noqa: E731
    port = api.make("port", network_id=network["id"], fixed_ips=[some, some, some])
    assert len(set(addresses(port))) == 3
    path, kept = f"/v2.0/ports/{port['id']}", addresses(port)[2]
    changed = api("PUT", path, {"port": {"fixed_ips": [some, {"ip_address": kept}]}}).body["port"]
    assert addresses(changed)[1] == kept != addresses(changed)[0] and addresses(changed)[0] in addresses(port)
    twice = api("PUT", path, {"port": {"fixed_ips": [{"ip_address": kept}] * 2}})
    assert (twice.status, twice.error[0]) == (400, "InvalidInput")


@pytest.mark.parametrize(
    ("kind", "attribute", "items", "most"),
    [
        ("port", "allowed_address_pairs", [{"ip_address": f"10.9.0.{n}"} for n in range(11)], 10),
        ("port", "security_groups", [str(UUID(int=n)) for n in range(101)], 100),
        ("subnet", "dns_nameservers", [f"10.9.0.{n}" for n in range(6)], 5),
        ("subnet", "host_routes", [{"destination": f"10.9.{n}.0/24", "nexthop": "10.0.0.9"} for n in range(21)], 20),
        ("subnet", "allocation_pools", [{"start": "10.0.0.9", "end": "10.0.0.9"}] * 101, 100),
    ],
)
def test_lists_are_as_long_as_anybody_needs(api: Any, kind: str, attribute: str, items: Any, most: int) -> None:
    network, subnet = api.network()
    one = subnet if kind == "subnet" else api.make("port", network_id=network["id"])
    refused = api("PUT", f"/v2.0/{kind}s/{one['id']}", {kind: {attribute: items}})
    assert refused.status == 400 and f"the most are {most}" in refused.error[1]


def test_a_guest_of_a_shared_network_chooses_no_address(api: Any) -> None:
    network = api.make("network", "admin", shared=True)
    api.make("subnet", "admin", network_id=network["id"], ip_version=4, cidr="10.7.0.0/24")
    assert api("POST", "/v2.0/ports", {"port": {"network_id": network["id"]}}).status == 201
    chosen = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.7.0.9"}]}
    assert api("POST", "/v2.0/ports", {"port": chosen}).status == 403
    assert api("POST", "/v2.0/ports", {"port": chosen}, "admin").status == 201


def test_a_guest_of_a_shared_network_does_not_pass_for_its_services(api: Any) -> None:
    network = api.make("network", "admin", shared=True)
    port = api.make("port", network_id=network["id"])
    posing = {"device_owner": "network:dhcp"}
    assert api("POST", "/v2.0/ports", {"port": {"network_id": network["id"], **posing}}).status == 403
    assert api("PUT", f"/v2.0/ports/{port['id']}", {"port": posing}).status == 403
    assert api("PUT", f"/v2.0/ports/{port['id']}", {"port": {"device_owner": "mine"}}).status == 200


def test_ports_are_their_projects_and_their_networks_owners(api: Any) -> None:
    network, _ = api.network()
    port = api.make("port", network_id=network["id"])
    for verb, body in (("GET", None), ("PUT", {"port": {"name": "x"}}), ("DELETE", None)):
        assert api(verb, f"/v2.0/ports/{port['id']}", body, "other").status == 404
    assert api("DELETE", f"/v2.0/ports/{port['id']}", token="reader").status == 403
    assert api("POST", "/v2.0/ports", {"port": {"network_id": network["id"]}}, "other").status == 404


def test_a_bound_port_is_active_when_its_host_says_so(api: Any) -> None:
    network, _ = api.network()
    wanted = {"network_id": network["id"], "binding:host_id": "one", "device_owner": "compute:nova", "device_id": "s"}
    port = api.make("port", "admin", **wanted, project_id="blue")
    assert port["status"] == "DOWN"
    api.host("one")
    api.settle()
    assert {each["status"] for each in api("GET", "/v2.0/ports").body["ports"]} == {"ACTIVE"}
    assert api.hosts["one"].present() == [f"network/{network['id']}"]
    down = api("PUT", f"/v2.0/ports/{port['id']}", {"port": {"admin_state_up": False}}).body["port"]
    api.settle()
    assert down["status"] == "DOWN"
    assert api("GET", f"/v2.0/ports/{port['id']}").body["port"]["status"] == "DOWN"
    assert api("DELETE", f"/v2.0/ports/{port['id']}").status == 403, "a server's port is deleted with its server"
    assert api("DELETE", f"/v2.0/ports/{port['id']}", token="admin").status == 204
    assert api("DELETE", f"/v2.0/networks/{network['id']}").status == 204
    api.settle()
    assert api.hosts["one"].present() == []


def test_a_port_names_no_router_of_another_project(api: Any) -> None:
    network, _ = api.network()
    router, other = api.make("router"), api.make("router", "other")
    named = {"network_id": network["id"], "device_owner": "network:router_interface"}
    answer = api("POST", "/v2.0/ports", {"port": named | {"device_id": other["id"]}})
    assert (answer.status, answer.error[0]) == (409, "DeviceIDNotOwnedByTenant")
    made = api.make("port", **named, device_id=router["id"])
    assert (made["port_security_enabled"], made["security_groups"]) == (False, [])
    own = f"/v2.0/ports/{made['id']}"
    assert api("PUT", own, {"port": {"device_id": other["id"]}}).error[0] == "DeviceIDNotOwnedByTenant"
    assert api("DELETE", own).error[0] == "ServicePortInUse"
    assert api("PUT", own, {"port": {"device_owner": "", "device_id": other["id"]}}).status == 200
    assert (
        api("PUT", own, {"port": {"device_owner": "network:router_interface"}}).error[0] == "DeviceIDNotOwnedByTenant"
    )
    assert api("DELETE", own).status == 204


def test_a_port_of_a_router_that_is_gone_can_be_deleted(api: Any) -> None:
    network, _ = api.network()
    gone = {"device_owner": "network:router_interface", "device_id": "99999999-9999-4999-8999-999999999999"}
    port = api.make("port", network_id=network["id"], **gone)
    assert api("DELETE", f"/v2.0/ports/{port['id']}").status == 204
