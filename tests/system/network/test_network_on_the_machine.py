"""`--host-network`: bridges in the machine's own namespace; what is not ours there is not touched."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from tests.system.network.network_world import World, ip, make_world, source_seen

from cupola.network.host.drivers.linux.nft import transact
from cupola.network.host.drivers.linux.watch import RuleSetWatch
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


def test_the_machine_gets_no_address_on_the_bridge_of_a_tenant(world: World) -> None:
    world.router(world.network(), external=world.network("172.24.4", external=True))
    world.ensure()
    time.sleep(1)  # as long as a link that is up may need to have an address
    assert [line.split()[1] for line in ip("-o", "-6", "address").splitlines()] == ["lo"]


def test_a_rule_set_that_another_program_reloads_is_noticed_at_once(world: World) -> None:
    noticed = threading.Event()
    watch = RuleSetWatch(noticed.set)
    try:
        world.network()
        world.ensure()
        assert not noticed.wait(0.3)
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        assert noticed.wait(5)
    finally:
        watch.close()


FIREWALLS = {
    "ip filter FORWARD": "type filter hook forward priority 0; policy drop;",
    "inet other forward": "type filter hook forward priority 10; tcp dport 22 accept; counter reject;",
}


@pytest.mark.parametrize("chain", FIREWALLS)
def test_firewalls_of_others_that_drop_what_servers_send_are_named(world: World, chain: str) -> None:
    world.guest(world.network(), 5)
    world.ensure()
    assert world.driver.obstacles() == {}
    family, table, name = chain.split()
    transact("", f"table {family} {table} {{ chain {name} {{ {FIREWALLS[chain]}\n}}\n}}\n")
    (what,) = world.driver.obstacles()
    assert chain in what


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
