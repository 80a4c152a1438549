"""A host believes that a network is as it knows it until its generation changes: so each change makes another one."""

from __future__ import annotations

from typing import Any

from cupola.testing.cloud import TestCloud
from cupola.testing.demo import NETWORK, Demo, said


def test_a_port_that_was_bound_to_a_host_before_it_became_a_servers(cloud: TestCloud) -> None:
    demo, admin = Demo(cloud), cloud.admin()
    wanted = {"network_id": demo.network(), "project_id": cloud.project_id("demo"), "binding:host_id": "h1"}
    port = said(admin.post(f"{NETWORK}/ports", {"port": wanted}))["port"]["id"]
    cloud.settle()
    server = demo.boot("one", {"port": port})
    cloud.settle()
    assert demo.status(server) == "ACTIVE", demo.server(server)
    cloud.assert_sound()


def test_the_networks_whose_rules_name_a_member_that_lost_its_address_with_a_subnet(cloud: TestCloud) -> None:
    demo = Demo(cloud)
    modes = {"ip_version": 6, "cidr": "2001:db8::/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    first, second = _network(demo), _network(demo)
    for network, cidr in ((first, "10.8.0.0/24"), (second, "10.9.0.0/24")):
        said(demo.http.post(f"{NETWORK}/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": cidr}}))
    six = said(demo.http.post(f"{NETWORK}/subnets", {"subnet": {"network_id": first, **modes}}))["subnet"]["id"]
    demo.active({"uuid": first})
    demo.active({"uuid": second})
    assert any(":" in member for member in _members(cloud, second)), "the other network lets the member in"
    assert demo.http.delete(f"{NETWORK}/subnets/{six}").status == 204
    cloud.settle()
    assert not [member for member in _members(cloud, second) if ":" in member]
    cloud.assert_sound()


def _network(demo: Demo) -> str:
    return str(said(demo.http.post(f"{NETWORK}/networks", {"network": {"name": "n"}}))["network"]["id"])


def _members(cloud: TestCloud, network: str) -> list[str]:
    known: dict[str, Any] = cloud.hosts["h1"].memory.documents("network")[network]["remote_groups"]
    return [member for members in known.values() for member in members]
