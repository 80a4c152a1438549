"""What every driver of a host's network promises: `NetworkDriver` of cupola.network.host.drivers.base."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cupola.network.host.drivers.base import NetworkDriver
from cupola.network.host.drivers.linux.driver import LinuxNetwork
from cupola.network.host.drivers.simulated import SimulatedNetwork
from cupola.network.host.errors import HostError
from cupola.network.host.examine import differences
from cupola.network.host.layout import Layout
from cupola.network.host.settings import HostNetwork, bridge_name
from cupola.network.model.wanted import (
    DhcpHost,
    DhcpWanted,
    FixedIp,
    FloatingIpWanted,
    GatewayWanted,
    NetworkWanted,
    PortWanted,
    RouterPortWanted,
    RouterWanted,
    RuleWanted,
    SubnetWanted,
)

SUBNET = SubnetWanted("aaaaaaaa-0000-4000-8000-000000000001", "10.1.0.0/24", gateway_ip="10.1.0.1")
PUBLIC = SubnetWanted("bbbbbbbb-0000-4000-8000-000000000001", "172.24.4.0/24", gateway_ip="172.24.4.1")
PORT = PortWanted(
    "cccccccc-0000-4000-8000-000000000001",
    "fa:16:3e:00:00:05",
    "tapcccccccc-00",
    fixed_ips=(FixedIp(SUBNET.subnet_id, "10.1.0.5"),),
    rules=(RuleWanted("egress", "IPv4"), RuleWanted("ingress", "IPv4", "tcp", 22, 22)),
)
NETWORK = NetworkWanted(
    "dddddddd-0000-4000-8000-000000000001",
    1,
    mtu=1450,
    subnets=(SUBNET,),
    dhcp=DhcpWanted(
        "eeeeeeee-0000-4000-8000-000000000001",
        "fa:16:3e:00:00:02",
        (FixedIp(SUBNET.subnet_id, "10.1.0.2"),),
        (DhcpHost(PORT.mac, PORT.fixed_ips, "host-5"),),
    ),
    ports=(PORT,),
)
EXTERNAL = NetworkWanted("ffffffff-0000-4000-8000-000000000001", 1, external=True, subnets=(PUBLIC,))
ROUTER = RouterWanted(
    "99999999-0000-4000-8000-000000000001",
    1,
    (
        RouterPortWanted(
            "88888888-0000-4000-8000-000000000001", NETWORK.network_id, "fa:16:3e:00:00:01", ("10.1.0.1/24",), 1450
        ),
    ),
    GatewayWanted(
        "77777777-0000-4000-8000-000000000001",
        EXTERNAL.network_id,
        "fa:16:3e:00:00:10",
        ("172.24.4.10/24",),
        ("172.24.4.1",),
    ),
    floating_ips=(FloatingIpWanted("66666666-0000-4000-8000-000000000001", "172.24.4.50", "10.1.0.5"),),
)


@pytest.fixture(params=["simulated", pytest.param("linux", marks=pytest.mark.root)])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NetworkDriver]:
    host = HostNetwork(secrets.token_hex(2), "test", tmp_path)
    if request.param == "simulated":
        yield SimulatedNetwork(host)
        return
    if os.geteuid() != 0 or not shutil.which("dnsmasq"):
        pytest.skip("needs root and dnsmasq")
    libc = ctypes.CDLL(None)
    with Path("/proc/thread-self/ns/net").open("rb") as original:
        libc.unshare(0x40000000)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        linux = LinuxNetwork(host)
        try:
            yield linux
        finally:
            linux.remove_host()
            libc.setns(original.fileno(), 0x40000000)


def found(driver: NetworkDriver, *docs: NetworkWanted | RouterWanted) -> dict[str, list[str]]:
    networks = [each for each in docs if isinstance(each, NetworkWanted)]
    routers = [each for each in docs if isinstance(each, RouterWanted)]
    each_subject = differences(driver.host, networks, routers, driver.observe())
    return {subject: [change.what for change in changes] for subject, changes in each_subject.items()}


def ensure_all(driver: NetworkDriver) -> None:
    driver.ensure_host()
    driver.ensure_network(NETWORK)
    driver.ensure_network(EXTERNAL)
    driver.ensure_router(ROUTER)


def test_after_ensure_nothing_differs_and_a_repeat_does_nothing(driver: NetworkDriver) -> None:
    ensure_all(driver)
    assert found(driver, NETWORK, EXTERNAL, ROUTER) == {}
    assert driver.ensure_host() == []
    assert driver.ensure_network(NETWORK) == []
    assert driver.ensure_network(EXTERNAL) == []
    assert driver.ensure_router(ROUTER) == []


def test_effects_say_why_and_how(driver: NetworkDriver) -> None:
    driver.ensure_host()
    effects = driver.ensure_network(NETWORK)
    (tap,) = (each for each in effects if each.what == f"tap {PORT.tap} is missing")
    assert tap.call == f"ip -n {driver.host.namespace} tuntap add dev {PORT.tap} mode tap"
    assert {each.result for each in effects} == {"ok"}


def test_a_network_makes_its_host_if_need_be(driver: NetworkDriver) -> None:
    driver.ensure_network(NETWORK)
    assert found(driver, NETWORK) == {}


def test_what_is_there_shows_the_parts_of_a_port(driver: NetworkDriver) -> None:
    ensure_all(driver)
    observed = driver.observe()
    tap = observed.link(driver.host.namespace, PORT.tap)
    assert tap is not None
    assert (tap.master, tap.mtu, tap.up) == (bridge_name(NETWORK.network_id), 1450, True)
    assert tap.alias == f"cupola {driver.host.tag} port {PORT.port_id} network {NETWORK.network_id}"
    chains = {name: rules for each in observed.tables for name, rules in each.chains.items() if PORT.tap in name}
    assert chains[f"{PORT.tap}-in"] == 2
    assert set(chains) == {f"{PORT.tap}-in", f"{PORT.tap}-out", f"{PORT.tap}-from"}
    assert [each.sets["floating-in"] for each in observed.tables if each.family == "ip"] == [
        ("172.24.4.50 : 10.1.0.5",)
    ]
    assert all(each.pid for each in observed.daemons)


def test_a_port_that_is_no_longer_wanted_leaves_nothing(driver: NetworkDriver) -> None:
    ensure_all(driver)
    driver.ensure_network(replace(NETWORK, generation=2, ports=()))
    assert PORT.tap not in str(driver.observe().to_json())


def test_numbers_of_ports_stay_when_others_come_and_go(driver: NetworkDriver) -> None:
    def marks() -> dict[str, str]:
        elements = [each for table in driver.observe().tables for each in table.sets.get("destinations", ())]
        return {tap: mark for tap, _, mark in (each.partition(" : ") for each in elements)}

    second = replace(PORT, port_id="00000000-0000-4000-8000-000000000002", tap="tap00000000-00")
    driver.ensure_network(NETWORK)
    first = marks()
    driver.ensure_network(replace(NETWORK, ports=(second, PORT)))
    both = marks()
    assert both[PORT.tap] == first[PORT.tap] != both[second.tap]
    driver.ensure_network(replace(NETWORK, ports=(second,)))
    assert marks() == {second.tap: both[second.tap]}


def test_what_is_in_no_document_is_found(driver: NetworkDriver) -> None:
    ensure_all(driver)
    extra = found(driver, NETWORK)
    assert set(extra) == {f"network/{EXTERNAL.network_id}", f"router/{ROUTER.router_id}"}
    driver.router_gone(ROUTER.router_id)
    driver.network_gone(EXTERNAL.network_id)
    assert found(driver, NETWORK) == {}


def test_gone_may_be_said_twice_and_of_what_never_was(driver: NetworkDriver) -> None:
    ensure_all(driver)
    for _ in range(2):
        driver.router_gone(ROUTER.router_id)
        driver.network_gone(NETWORK.network_id)
    driver.network_gone("12345678-0000-4000-8000-000000000001")


def test_a_network_that_comes_back_under_its_router_is_joined_again(driver: NetworkDriver) -> None:
    ensure_all(driver)
    driver.network_gone(NETWORK.network_id)
    driver.ensure_network(NETWORK)
    assert set(found(driver, NETWORK, EXTERNAL, ROUTER)) == {f"router/{ROUTER.router_id}"}
    driver.ensure_router(ROUTER)
    assert found(driver, NETWORK, EXTERNAL, ROUTER) == {}


def test_a_router_needs_its_networks(driver: NetworkDriver) -> None:
    with pytest.raises(HostError, match="is not on this host"):
        driver.ensure_router(ROUTER)


def test_a_removed_host_has_nothing(driver: NetworkDriver) -> None:
    ensure_all(driver)
    driver.remove_host()
    assert driver.observe() == Layout()
    assert driver.remove_host() == []


def test_metadata_sockets_listen_while_their_namespace_is_there(driver: NetworkDriver) -> None:
    ensure_all(driver)
    driver.metadata_of_network(NETWORK.network_id).close()
    driver.metadata_of_router(ROUTER.router_id).close()
    with pytest.raises(OSError):
        driver.metadata_of_network("12345678-0000-4000-8000-000000000001")
