"""One network on two hosts, joined by a tunnel over an underlay that the test made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.system.network.network_world import World, ip, make_world

from cupola.network.host.layout import Layout
from cupola.network.model.wanted import DhcpHost, ForwardingEntry, NetworkWanted

pytestmark = pytest.mark.root
VTEPS = ("192.168.77.1", "192.168.77.2")


@pytest.fixture
def hosts(machine: None, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two hosts whose underlays are the two ends of a cable."""
    worlds = []
    for number, vtep in enumerate(VTEPS):
        world = make_world(tmp_path / str(number), vtep=vtep, underlay=f"underlay-{number}", public=())
        ip("netns", "add", f"underlay-{number}")
        worlds.append(world)
    ip("-n", "underlay-0", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", "underlay-1")
    for number, vtep in enumerate(VTEPS):
        ip("-n", f"underlay-{number}", "address", "add", f"{vtep}/24", "dev", "wire")
        ip("-n", f"underlay-{number}", "link", "set", "wire", "up")
    yield worlds[0], worlds[1]
    for number, world in enumerate(worlds):
        world.close()
        ip("netns", "del", f"underlay-{number}")


def share(hosts: tuple[World, World]) -> NetworkWanted:
    """The same network on both, each told where the other's ports are."""
    network = hosts[0].network(vni=4321, mtu=1450)
    hosts[1].networks[network.network_id] = replace(network, dhcp=None)
    hosts[0].guest(network, 5)
    hosts[1].guest(network, 6)
    far, near = hosts[1].guests[0].port, hosts[0].networks[network.network_id]
    assert near.dhcp
    entry = DhcpHost(far.mac, (replace(far.fixed_ips[0], subnet_id=near.subnets[0].subnet_id),), "far")
    hosts[0].change(near, dhcp=replace(near.dhcp, hosts=(*near.dhcp.hosts, entry)))
    for number, world in enumerate(hosts):
        other = hosts[1 - number]
        entries = tuple(
            ForwardingEntry(guest.port.mac, str(other.host.vtep), (guest.address,)) for guest in other.guests
        )
        world.change(network, peers=(str(other.host.vtep),), fdb=entries)
        world.ensure()
    return network


def test_guests_on_two_hosts_reach_each_other_and_get_dhcp_from_one_of_them(hosts: tuple[World, World]) -> None:
    share(hosts)
    near, far = hosts[0].guests[0], hosts[1].guests[0]
    lease = far.lease()
    assert lease
    assert lease["mtu"] == "1450"
    near.configure()
    assert near.reaches(far.address)
    assert [world.differences() for world in hosts] == [[], []]


def test_entries_of_ports_and_peers_that_are_gone_go(hosts: tuple[World, World]) -> None:
    network = share(hosts)
    observed: Layout = hosts[0].driver.observe()
    assert {entry.vtep for entry in observed.forwarding} == {VTEPS[1]}
    assert [each.address for each in observed.neighbours] == ["10.1.0.6"]
    hosts[0].change(network, peers=(), fdb=())
    assert len(hosts[0].differences()) == 3
    hosts[0].ensure()
    observed = hosts[0].driver.observe()
    assert (observed.forwarding, observed.neighbours) == ((), ())


def test_a_network_without_a_tunnel_end_stays_on_its_host(machine: None, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    try:
        world.network(vni=4321)
        world.ensure()
        assert "vxlan" not in {each.kind for each in world.driver.observe().links}
    finally:
        world.close()
