"""`--host-network`: bridges in the machine's own namespace; what is not ours there is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.system.network.network_world import World, ip, make_world, source_seen

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


def test_what_the_machine_had_before_stays(world: World) -> None:
    ip("link", "add", "docker0", "type", "bridge")
    ip("link", "add", "tap-of-others", "type", "veth", "peer", "name", "other-end")
    ip("link", "set", "tap-of-others", "master", "docker0")
    before = ip("-br", "link"), ip("route")
    world.guest(world.network(), 5)
    world.ensure()
    world.driver.remove_host()
    assert (ip("-br", "link"), ip("route")) == before
