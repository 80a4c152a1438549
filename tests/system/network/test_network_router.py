"""Routers with real namespaces: between networks, to the outside, floating IPs, metadata."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from tests.system.network.network_world import ANYTHING, World, connect, ip, outside, source_seen

from cupola.network.host.errors import HostError
from cupola.network.host.plan.firewall import link_local
from cupola.network.model.wanted import FixedIp, HostRouteWanted, RuleWanted

pytestmark = pytest.mark.root

MACHINE = ""


def machine(world: World) -> str:
    """The machine's address on the link to the host."""
    return str(world.host.link[0].ip)


def test_networks_of_one_router_reach_each_other_and_no_other(world: World) -> None:
    one, two, apart = world.network("10.1.0"), world.network("10.2.0"), world.network("10.3.0")
    first, second, stranger = world.guest(one, 5), world.guest(two, 5), world.guest(apart, 5)
    world.router(one, two)
    world.ensure()
    first.configure("10.1.0.1")
    second.configure("10.2.0.1")
    stranger.configure()
    assert first.reaches("10.2.0.5")
    assert not first.reaches("10.3.0.5")


def test_what_leaves_has_the_routers_address(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5)
    world.router(network, external=external, last=10)
    world.ensure()
    assert guest.lease()
    assert guest.reaches("172.24.4.1")
    assert source_seen(guest.namespace, server(MACHINE, 8080), outside(), 8080) == "172.24.4.10"


def test_without_snat_addresses_stay_as_they_are(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5)
    router = world.router(network, external=external)
    world.routers[router.router_id] = replace(router, enable_snat=False)
    world.ensure()
    guest.configure("10.1.0.1")
    ip("-n", world.host.namespace, "route", "add", "10.1.0.0/24", "via", "172.24.4.10")
    ip("route", "add", "10.1.0.0/24", "via", str(world.host.link[1].ip))
    assert source_seen(guest.namespace, server(MACHINE, 8080), outside(), 8080) == "10.1.0.5"


def test_a_floating_ip_leads_in_and_out(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5)
    router = world.router(network, external=external)
    world.floating(router, _172_24_4_50="10.1.0.5")
    world.ensure()
    guest.configure("10.1.0.1")
    assert source_seen(MACHINE, server(guest.namespace, 22), "172.24.4.50", 22) == machine(world)
    assert source_seen(guest.namespace, server(MACHINE, 8080), outside(), 8080) == "172.24.4.50"


def test_floating_ips_are_reached_from_inside_too(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    first, second = world.guest(network, 5), world.guest(network, 6)
    router = world.router(network, external=external)
    world.floating(router, _172_24_4_50="10.1.0.5", _172_24_4_60="10.1.0.6")
    world.ensure()
    first.configure("10.1.0.1")
    second.configure("10.1.0.1")
    assert source_seen(first.namespace, server(second.namespace, 22), "172.24.4.60", 22) == "172.24.4.50"
    world.floating(router, _172_24_4_60="10.1.0.6")
    world.ensure()
    assert source_seen(first.namespace, server(second.namespace, 23), "172.24.4.60", 23) == "172.24.4.10"


def test_floating_ips_of_two_routers_reach_each_other(world: World, server: Any) -> None:
    external = world.network("172.24.4", external=True)
    one, two = world.network("10.1.0"), world.network("10.1.0")
    first, second = world.guest(one, 5), world.guest(two, 5)
    world.floating(world.router(one, external=external, last=10), _172_24_4_50="10.1.0.5")
    world.floating(world.router(two, external=external, last=11), _172_24_4_60="10.1.0.5")
    world.ensure()
    first.configure("10.1.0.1")
    second.configure("10.1.0.1")
    assert source_seen(first.namespace, server(second.namespace, 22), "172.24.4.60", 22) == "172.24.4.50"


def test_a_floating_ip_that_moves_takes_its_flows_with_it(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    first, second = world.guest(network, 5), world.guest(network, 6)
    router = world.router(network, external=external)
    world.floating(router, _172_24_4_50="10.1.0.5")
    world.ensure()
    first.configure("10.1.0.1")
    second.configure("10.1.0.1")
    listener, later = server(first.namespace, 22), server(second.namespace, 22)
    with closing(connect(MACHINE, "172.24.4.50", 22)) as client:
        accepted, _ = listener.accept()
        world.floating(router, _172_24_4_50="10.1.0.6")
        world.ensure()
        client.sendall(b"still there?")
        accepted.settimeout(1)
        with pytest.raises(TimeoutError):
            accepted.recv(100)
        accepted.close()
    assert source_seen(MACHINE, later, "172.24.4.50", 22) == machine(world)


def test_neighbours_learn_at_once_who_has_a_floating_ip_now(world: World, server: Any) -> None:
    external = world.network("172.24.4", external=True)
    one, two = world.network("10.1.0"), world.network("10.2.0")
    first, second = world.guest(one, 5), world.guest(two, 5)
    here = world.router(one, external=external, last=10)
    there = world.router(two, external=external, last=11)
    world.floating(here, _172_24_4_50="10.1.0.5")
    world.ensure()
    first.configure("10.1.0.1")
    second.configure("10.2.0.1")
    assert source_seen(MACHINE, server(first.namespace, 22), "172.24.4.50", 22)
    world.floating(here)
    world.floating(there, _172_24_4_50="10.2.0.5")
    world.ensure()
    start = time.monotonic()
    assert source_seen(MACHINE, server(second.namespace, 22), "172.24.4.50", 22)
    assert time.monotonic() - start < 1


def test_the_router_leads_to_the_metadata_service_but_nobody_else_reaches_it(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5)
    router = world.router(network, external=external)
    world.ensure()
    guest.configure("10.1.0.1")
    with world.driver.metadata_of_router(router.router_id) as listener:
        listener.settimeout(2)
        assert source_seen(guest.namespace, listener, "169.254.169.254", 80) == "10.1.0.5"
        with pytest.raises(OSError, match="timed out"):
            connect(guest.namespace, "10.1.0.1", 9697)
        with pytest.raises(OSError, match="timed out"):
            connect(MACHINE, "172.24.4.10", 9697)


def test_extra_routes_lead_to_a_next_hop_in_a_network(world: World) -> None:
    network = world.network()
    guest = world.guest(network, 5)
    appliance = world.guest(network, 6, port_security=False)
    router = world.router(network)
    world.routers[router.router_id] = replace(router, extra_routes=(HostRouteWanted("10.9.0.0/24", "10.1.0.6"),))
    world.ensure()
    guest.configure("10.1.0.1")
    appliance.configure("10.1.0.1")
    ip("-n", appliance.namespace, "address", "add", "10.9.0.1/24", "dev", "lo")
    assert guest.reaches("10.9.0.1")
    world.routers[router.router_id] = replace(router, extra_routes=())
    world.ensure()
    assert world.differences() == []


def test_a_router_whose_network_is_not_here_says_so(world: World) -> None:
    network = world.network()
    router = world.router(network)
    world.driver.ensure_host()
    with pytest.raises(HostError, match=f"network {network.network_id} of router {router.router_id} is not on this"):
        world.driver.ensure_router(router)


def test_a_gone_router_leaves_nothing(world: World) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    router = world.router(network, external=external)
    world.ensure()
    assert world.differences() == []
    world.driver.router_gone(router.router_id)
    del world.routers[router.router_id]
    assert world.differences() == []
    assert router.router_id[:8] not in str(world.driver.observe().to_json())


def test_guests_take_ipv6_addresses_from_the_routers_advertisements(world: World) -> None:
    network = world.network(mtu=1420)
    guest = world.guest(network, 5, (*ANYTHING, RuleWanted("egress", "IPv6"), RuleWanted("ingress", "IPv6")))
    own = link_local(guest.port.mac).replace("fe80::", "fd00:1::")
    subnet = network.subnets[0].subnet_id
    world.port(guest, fixed_ips=(*guest.port.fixed_ips, FixedIp(subnet, own)))
    router = world.router(network)
    (foot,) = router.interfaces
    foot = replace(foot, addresses=(*foot.addresses, "fd00:1::1/64"), mtu=1420, advertise=True)
    world.routers[router.router_id] = replace(router, interfaces=(foot,))
    world.ensure()
    assert world.differences() == []
    deadline = time.monotonic() + 15
    while own not in ip("-n", guest.namespace, "-6", "address") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert own in ip("-n", guest.namespace, "-6", "address")
    assert "default via fe80::" in ip("-n", guest.namespace, "-6", "route")
    while not guest.reaches("fd00:1::1") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert guest.reaches("fd00:1::1")
    world.driver.router_gone(router.router_id)
    assert [each.owner[:2] for each in world.driver.observe().daemons] == ["n-"]
