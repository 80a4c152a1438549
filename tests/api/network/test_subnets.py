"""Subnets through the API: blocks, pools, gateways."""

from __future__ import annotations

from typing import Any

import pytest


def test_gateway_and_pool_follow_from_the_block(api: Any) -> None:
    _, subnet = api.network("10.1.0.0/24")
    assert subnet["gateway_ip"] == "10.1.0.1" and subnet["enable_dhcp"] is True
    assert subnet["allocation_pools"] == [{"start": "10.1.0.2", "end": "10.1.0.254"}]
    network = api.make("network")
    wanted = {"network_id": network["id"], "ip_version": 4, "cidr": "10.2.0.0/29", "gateway_ip": "10.2.0.3"}
    around = api.make("subnet", **wanted)["allocation_pools"]
    assert around == [{"start": "10.2.0.1", "end": "10.2.0.2"}, {"start": "10.2.0.4", "end": "10.2.0.6"}]
    none = api.make("subnet", **{**wanted, "cidr": "10.3.0.0/29", "gateway_ip": None})
    assert none["gateway_ip"] is None and none["allocation_pools"] == [{"start": "10.3.0.1", "end": "10.3.0.6"}]


@pytest.mark.parametrize(
    ("given", "status", "type_"),
    [
        ({"cidr": "10.1.0.128/25"}, 400, "InvalidInput"),
        ({"cidr": "10.2.0.1"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64"}, 400, "InvalidInput"),
        ({"cidr": "hello"}, 400, "HTTPBadRequest"),
        ({}, 400, "BadRequest"),
        ({"ip_version": 5, "cidr": "10.2.0.0/24"}, 400, "HTTPBadRequest"),
        ({"cidr": "10.2.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput"),
        ({"cidr": "10.2.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "10.2.0.0/24", "host_routes": [{"destination": "x", "nexthop": "10.2.0.9"}]}, 400, "HTTPBadRequest"),
        (
            {"cidr": "10.2.0.0/24", "allocation_pools": [{"start": "10.2.0.9", "end": "10.2.0.2"}]},
            400,
            "InvalidAllocationPool",
        ),
        (
            {"cidr": "10.2.0.0/24", "allocation_pools": [{"start": "10.2.0.9", "end": "10.3.0.2"}]},
            400,
            "OutOfBoundsAllocationPool",
        ),
        (
            {"cidr": "10.2.0.0/24", "allocation_pools": [{"start": "10.2.0.1", "end": "10.2.0.9"}]},
            409,
            "GatewayConflictWithAllocationPools",
        ),
        (
            {"cidr": "10.2.0.0/24", "allocation_pools": [{"start": f"10.2.0.{n}", "end": "10.2.0.9"} for n in (2, 3)]},
            409,
            "OverlappingAllocationPools",
        ),
    ],
)
def test_what_cannot_be_a_subnet(api: Any, given: dict[str, Any], status: int, type_: str) -> None:
    network, _ = api.network("10.1.0.0/24")
    answer = api("POST", "/v2.0/subnets", {"subnet": {"network_id": network["id"], "ip_version": 4, **given}})
    assert (answer.status, answer.error[0]) == (status, type_)


def test_a_subnet_is_of_a_network_that_is_ones_own(api: Any) -> None:
    network, _ = api.network()
    wanted = {"network_id": network["id"], "ip_version": 4, "cidr": "10.9.0.0/24"}
    assert api("POST", "/v2.0/subnets", {"subnet": wanted}, "other").error[0] == "NetworkNotFound"
    assert api("POST", "/v2.0/subnets", {"subnet": wanted}, "reader").status == 403
    shared = api.make("network", "admin", shared=True)
    assert api("POST", "/v2.0/subnets", {"subnet": {**wanted, "network_id": shared["id"]}}).status == 403


def test_what_can_be_changed_and_what_not(api: Any) -> None:
    _, subnet = api.network()
    path = f"/v2.0/subnets/{subnet['id']}"
    assert api("PUT", path, {"subnet": {"cidr": "10.3.0.0/24"}}).error[1] == "Cannot update read-only attribute cidr"
    changes = {"name": "x", "dns_nameservers": ["10.0.0.9"], "gateway_ip": None, "enable_dhcp": False}
    changed = api("PUT", path, {"subnet": changes}).body["subnet"]
    assert changed | changes == changed and changed["revision_number"] == 1
    assert api("GET", "/v2.0/ports?device_owner=network:dhcp").body == {"ports": []}


def test_a_subnet_in_use_stays(api: Any) -> None:
    network, subnet = api.network()
    port = api.make("port", network_id=network["id"])
    assert api("DELETE", f"/v2.0/subnets/{subnet['id']}").error[0] == "SubnetInUse"
    api("DELETE", f"/v2.0/ports/{port['id']}")
    assert api("DELETE", f"/v2.0/subnets/{subnet['id']}").status == 204
    assert api("GET", f"/v2.0/networks/{network['id']}").body["network"]["subnets"] == []
    assert api("GET", "/v2.0/ports").body == {"ports": []}


def test_dhcp_has_a_port_with_an_address_of_each_subnet(api: Any) -> None:
    network, first = api.network()
    second = api.make("subnet", network_id=network["id"], ip_version=4, cidr="10.5.0.0/24")
    (port,) = api("GET", "/v2.0/ports?device_owner=network:dhcp").body["ports"]
    assert {fixed["subnet_id"] for fixed in port["fixed_ips"]} == {first["id"], second["id"]}
    assert port["status"] == "DOWN"
