"""Networks, routers and floating IPs while messages are lost: hosts end with what was asked last."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.testing.cloud import TestCloud
from cupola.testing.demo import NETWORK, Demo, said


def lossy(tmp_path: Path, seed: int) -> Demo:
    """Two hosts, whose messages are lost, repeated and reordered."""
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"), seed=seed)
    demo = Demo(cloud)
    cloud.bus.drop, cloud.bus.duplicate, cloud.bus.reorder = 0.4, 0.2, 0.3
    return demo


@pytest.mark.parametrize("seed", range(4))
def test_a_floating_ip_works_in_the_end_though_its_messages_are_lost(tmp_path: Path, seed: int) -> None:
    demo = lossy(tmp_path, seed)
    cloud = demo.cloud
    server = demo.active()
    (port,) = demo.ports_of(server)
    floating = demo.made("floatingip", floating_network_id=demo.network("public"), port_id=port["id"])
    cloud.settle()
    assert demo.shown("floatingip", floating)["status"] == "ACTIVE"
    cloud.assert_sound()

    demo.changed("floatingip", floating, port_id=None)
    demo.changed("floatingip", floating, port_id=port["id"])
    demo.changed("floatingip", floating, port_id=None)
    cloud.settle()
    assert demo.shown("floatingip", floating)["status"] == "DOWN"
    cloud.assert_sound()

    demo.changed("floatingip", floating, port_id=port["id"])
    demo.delete(server)
    cloud.settle()
    assert demo.shown("floatingip", floating)["port_id"] is None
    cloud.assert_sound()


@pytest.mark.parametrize("seed", range(4))
def test_a_router_comes_and_goes_though_its_messages_are_lost(tmp_path: Path, seed: int) -> None:
    demo = lossy(tmp_path, seed)
    cloud = demo.cloud
    network = demo.new_network("second", "10.1.0.0/24")
    subnet = demo.shown("network", network)["subnets"][0]
    router = demo.made("router", name="second", external_gateway_info={"network_id": demo.network("public")})
    said(demo.http.put(f"{NETWORK}/routers/{router}/add_router_interface", {"subnet_id": subnet}))
    cloud.settle()
    assert {port["status"] for port in demo.ports_of(router)} == {"ACTIVE"}
    cloud.assert_sound()

    said(demo.http.put(f"{NETWORK}/routers/{router}/remove_router_interface", {"subnet_id": subnet}))
    demo.removed("router", router)
    demo.removed("network", network)
    cloud.settle()
    cloud.assert_sound()


@pytest.mark.parametrize("seed", range(4))
def test_servers_on_two_hosts_reach_each_other_though_messages_are_lost(tmp_path: Path, seed: int) -> None:
    """Each host knows the other's servers, and the members of their security group."""
    demo = lossy(tmp_path, seed)
    cloud = demo.cloud
    for number in range(4):
        demo.boot(f"s{number}")
    cloud.settle()
    assert all(host.hypervisor.observe() for host in cloud.hosts.values()), "they are spread"
    addresses = {address for host in cloud.hosts.values() for address in _members(host.memory.documents("network"))}
    assert len(addresses) == 4
    cloud.assert_sound()


def _members(documents: dict[str, dict[str, object]]) -> set[str]:
    groups = [document["remote_groups"] for document in documents.values()]
    return {address for group in groups if isinstance(group, dict) for members in group.values() for address in members}
