"""`--host-network`: bridges in the machine's own namespace; what is not ours there is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from tests.system.network.network_world import World, ip, make_world, source_seen

from cupola.network.host.plan.router import zones_of

pytestmark = pytest.mark.root


@pytest.fixture
def world(machine: None, tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path, own_namespace=False)
    try:
        yield world
    finally:
        world.close()


def test_it_works_without_a_namespace_of_the_hosts_own(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5)
    router = world.router(network, external=external)
    world.floating(router, _172_24_4_50="10.1.0.5")
    world.ensure()
    assert world.differences() == []
    assert guest.lease()
    assert source_seen("", server(guest.namespace, 22), "172.24.4.50", 22) == "172.24.4.1"


@pytest.mark.parametrize("own_namespace", [False, True])
def test_what_the_machine_had_before_stays(machine: None, tmp_path: Path, own_namespace: bool) -> None:
    ip("link", "add", "docker0", "type", "bridge")
    for name, alias in (("br-lan", "core router r1"), ("storage", "storage network 10")):
        ip("link", "add", name, "type", "bridge")
        ip("link", "set", name, "alias", alias)
    ip("link", "add", "tap-of-others", "type", "veth", "peer", "name", "other-end")
    ip("link", "set", "tap-of-others", "master", "docker0")
    before = ip("-br", "link"), ip("route")
    world = make_world(tmp_path, own_namespace=own_namespace)
    world.guest(world.network(), 5)
    world.ensure()
    world.close()
    assert (ip("-br", "link"), ip("route")) == before


@pytest.mark.parametrize("own_namespace", [False, True])
def test_what_another_cloud_has_on_the_machine_stays(world: World, tmp_path: Path, own_namespace: bool) -> None:
    world.guest(world.network(), 5)
    world.ensure()
    other = make_world(tmp_path / "other", own_namespace=own_namespace, public=(IPv4Network("172.24.5.0/24"),))
    other.guest(other.network("10.2.0"), 5)
    other.ensure()
    assert other.differences() == []
    if not own_namespace:
        zones = {**zones_of(world.driver.observe(), world.host), **zones_of(other.driver.observe(), other.host)}
        assert len(set(zones.values())) == 2
    other.close()
    assert world.differences() == []
