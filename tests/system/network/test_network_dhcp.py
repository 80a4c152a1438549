"""The host's namespace, networks, DHCP and metadata, with real namespaces and a real DHCP client."""

from __future__ import annotations

import pwd
import subprocess
import time
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from tests.system.network.network_world import Guest, World, ip, make_world, source_seen

from cupola.network.host.drivers.linux.driver import LinuxNetwork
from cupola.network.host.drivers.linux.namespaces import existing
from cupola.network.host.errors import HostError
from cupola.network.model.wanted import DhcpHost

pytestmark = pytest.mark.root


def machine_state(world: World) -> tuple[object, ...]:
    nft = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    return ip("-o", "link"), ip("-o", "address"), ip("route", "show", "table", "all"), existing(world.host.prefix), nft


def test_the_machine_gets_one_link_and_the_routes_and_loses_them_again(world: World) -> None:
    before = machine_state(world)
    world.ensure()
    assert [each for each in ip("-o", "link").splitlines() if "cupola" in each and world.host.machine_link in each]
    assert len(ip("-o", "link").splitlines()) == len(before[0].splitlines()) + 1
    assert f"172.24.4.0/24 via {world.host.link[1].ip}" in ip("route")
    world.network()
    world.network("172.24.4", external=True)
    world.ensure()
    world.driver.remove_host()
    world.driver.remove_host()
    assert machine_state(world) == before
    assert list(world.directory.iterdir()) == []


def default_routes_of_a_vpn() -> None:
    ip("link", "add", "vpn", "type", "bridge")
    ip("link", "set", "vpn", "up")
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        ip("route", "add", half, "dev", "vpn")


def test_a_vpn_that_is_the_way_to_everything_is_not_in_the_way(world: World) -> None:
    default_routes_of_a_vpn()
    world.ensure()
    assert world.differences() == []


def test_the_link_is_taken_from_where_the_machine_has_no_route(world: World, tmp_path: Path) -> None:
    default_routes_of_a_vpn()
    ip("route", "add", "100.64.0.0/10", "dev", "vpn")
    with pytest.raises(HostError, match="link_range"):
        world.ensure()
    other = make_world(tmp_path / "other", link_range=IPv4Network("10.255.0.0/24"))
    other.ensure()
    assert other.host.link[0] in IPv4Network("10.255.0.0/24")
    other.close()


def test_a_second_ensure_finds_nothing_to_do(world: World) -> None:
    network = world.network()
    external = world.network("172.24.4", external=True)
    world.guest(network, 5)
    world.router(network, external=external)
    world.ensure()
    assert world.differences() == []
    assert world.driver.ensure_host() == []
    assert [world.driver.ensure_network(each) for each in world.networks.values()] == [[], []]
    assert [world.driver.ensure_router(each) for each in world.routers.values()] == [[]]


def test_a_guest_gets_its_address_and_all_that_it_should_know_by_dhcp(world: World) -> None:
    network = world.network(mtu=1430)
    guest = world.guest(network, 5)
    world.ensure()
    lease = guest.lease()
    assert lease is not None
    assert (lease["ip"], lease["mask"], lease["mtu"]) == ("10.1.0.5", "24", "1430")
    assert (lease["router"], lease["dns"], lease["hostname"]) == ("10.1.0.1", "10.1.0.2", "host-5")
    assert lease["staticroutes"] == "169.254.169.254/32 10.1.0.2 0.0.0.0/0 10.1.0.1"


def test_dnsmasq_is_no_root_and_may_read_and_write_no_more_than_its_own(world: World) -> None:
    guest = world.guest(world.network(), 5)
    world.ensure()
    (daemon,) = world.driver.observe().daemons
    said = dict(line.split(":\t", 1) for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines())
    assert set(said["Uid"].split()) == {str(pwd.getpwnam("nobody").pw_uid)}
    assert set(said["Gid"].split()) == {str(pwd.getpwnam("nobody").pw_gid)}
    assert said["Groups"].strip() == ""
    bind_service, net_admin, net_raw = 1 << 10, 1 << 12, 1 << 13
    assert int(said["CapEff"], 16) & ~(bind_service | net_admin | net_raw) == 0
    assert guest.lease()
    (after,) = world.driver.observe().daemons
    assert after.leases == ((guest.port.mac, guest.address),)


def test_questions_of_guests_do_not_fill_the_disk(world: World) -> None:
    guest = world.guest(world.network(), 5)
    world.ensure()
    assert guest.lease()
    before = {path: path.stat().st_size for path in world.directory.rglob("*") if path.is_file()}
    assert guest.lease()
    assert {path: path.stat().st_size for path in before} == before


def test_an_unknown_mac_gets_no_address(world: World) -> None:
    network = world.network()
    guest = world.guest(network, 5, port_security=False)
    world.ensure()
    ip("-n", guest.namespace, "link", "set", "eth0", "address", "fa:16:3e:99:99:99")
    assert guest.lease() is None


def test_a_port_added_later_is_served_by_the_same_process(world: World) -> None:
    network = world.network()
    world.guest(network, 5)
    world.ensure()
    (before,) = world.driver.observe().daemons
    second = world.guest(network, 6)
    world.ensure()
    (after,) = world.driver.observe().daemons
    assert (second.lease() or {})["ip"] == "10.1.0.6"
    assert after.pid == before.pid


def test_an_address_can_be_given_to_another_port_while_its_old_lease_lasts(world: World) -> None:
    network = world.network()
    first = world.guest(network, 5)
    world.ensure()
    assert first.lease()
    doc = world.networks[network.network_id]
    assert doc.dhcp
    world.change(doc, ports=(), dhcp=replace(doc.dhcp, hosts=()))
    second = world.guest(network, 5)
    world.guests.remove(first)
    world.ensure()
    assert (second.lease() or {})["ip"] == "10.1.0.5"
    ip("netns", "del", first.namespace)


def test_names_of_the_network_are_answered(world: World) -> None:
    network = world.network()
    guest = world.guest(network, 5)
    doc = world.networks[network.network_id]
    assert doc.dhcp
    fixed = (replace(doc.dhcp.fixed_ips[0], address="10.1.0.77"),)
    entry = DhcpHost("fa:16:3e:00:00:77", fixed, "web")
    world.change(doc, dhcp=replace(doc.dhcp, hosts=(*doc.dhcp.hosts, entry)))
    world.ensure()
    guest.configure()
    answer = guest.run("busybox", "nslookup", "web.openstacklocal", "10.1.0.2").stdout
    assert "10.1.0.77" in answer


def test_the_metadata_service_sees_the_fixed_address(world: World, server: Any) -> None:
    network = world.network()
    guest = world.guest(network, 5)
    world.ensure()
    assert guest.lease()
    with world.driver.metadata_of_network(network.network_id) as listener:
        listener.settimeout(2)
        assert source_seen(guest.namespace, listener, "169.254.169.254", 80) == "10.1.0.5"


def test_guests_of_one_network_reach_each_other_and_overlapping_networks_are_apart(world: World) -> None:
    one, other = world.network(), world.network()
    first, second, stranger = world.guest(one, 5), world.guest(one, 6), world.guest(other, 7)
    world.ensure()
    for guest in (first, second, stranger):
        guest.configure()
    assert first.reaches(second.address)
    assert not first.reaches(stranger.address)


def test_a_new_driver_adopts_what_an_earlier_one_left_running(world: World) -> None:
    network = world.network()
    world.guest(network, 5)
    world.ensure()
    (before,) = world.driver.observe().daemons
    later = LinuxNetwork(world.host)
    assert later.ensure_network(world.networks[network.network_id]) == []
    assert [each.pid for each in later.observe().daemons] == [before.pid]


def test_a_gone_network_leaves_nothing_and_the_others_stay(world: World) -> None:
    kept, gone = world.network(), world.network("10.2.0")
    world.guest(kept, 5)
    world.ensure()
    world.driver.network_gone(gone.network_id)
    del world.networks[gone.network_id]
    assert world.differences() == []
    assert gone.network_id[:8] not in str(world.driver.observe().to_json())


def alive(pid: str) -> bool:
    """Whether a process still runs: of a dead one no command line is left."""
    try:
        return bool(Path("/proc", pid, "cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def damage(world: World, guest: Guest, how: str) -> None:
    namespace = world.host.namespace
    observed = world.driver.observe()
    bridge = next(each.name for each in observed.links if each.kind == "bridge")
    table = next(each.name for each in observed.tables if (each.family, each.owner[:2]) == ("inet", "n-"))
    match how:
        case "tap":
            ip("-n", namespace, "tuntap", "add", "dev", "tapdeadbeef-00", "mode", "tap")
            ip("-n", namespace, "link", "set", "tapdeadbeef-00", "master", bridge)
        case "table":
            ip("netns", "exec", namespace, "nft", "delete", "table", "inet", table)
        case "rule":
            ip("netns", "exec", namespace, "nft", "flush", "chain", "inet", table, f"{guest.port.tap}-in")
        case "dnsmasq":
            pid = str(observed.daemons[0].pid)
            subprocess.run(["kill", "-9", pid], check=True)
            while alive(pid):  # a signal is sent, not obeyed, when kill returns
                time.sleep(0.01)
        case "bridge":
            ip("-n", namespace, "link", "del", bridge)
        case "address":
            (link,) = (each for each in observed.links if each.name.startswith("ns-"))
            ip("-n", link.namespace, "address", "flush", "dev", link.name)
        case "namespace":
            ip("netns", "del", world.host.dhcp_namespace(next(iter(world.networks))))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("tap", "link tapdeadbeef-00 is not wanted"),
        ("table", "is missing"),
        ("rule", "is other than wanted"),
        ("dnsmasq", "does not run"),
        ("bridge", "is missing"),
        ("address", "address 10.1.0.2/24 on ns-"),
        ("namespace", "is missing"),
    ],
)
def test_damage_is_named_and_mended(world: World, how: str, said: str) -> None:
    network = world.network()
    guest = world.guest(network, 5)
    world.ensure()
    assert guest.lease()
    damage(world, guest, how)
    assert any(said in each for each in world.differences())
    world.ensure()
    assert world.differences() == []
    assert guest.lease()
