"""Security groups and anti-spoofing with real packets."""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from typing import Any

import pytest
from tests.system.network.network_world import ANYTHING, Guest, World, connect, ip, outside, source_seen

from cupola.network.host.drivers.linux.driver import LinuxNetwork
from cupola.network.host.drivers.linux.namespaces import inside
from cupola.network.host.drivers.linux.nft import transact
from cupola.network.host.plan.firewall import link_local
from cupola.network.model.wanted import AddressPair, FixedIp, RuleWanted

pytestmark = pytest.mark.root

OUT = RuleWanted("egress", "IPv4")
SSH_IN = RuleWanted("ingress", "IPv4", "tcp", 22, 22)
GROUP = "5b1f0000-0000-4000-8000-000000000001"


def refused(client: str, address: str, port: int) -> bool:
    """No answer at all: dropped."""
    try:
        connect(client, address, port).close()
    except TimeoutError:
        return True
    return False


def pair(world: World, rules: tuple[RuleWanted, ...]) -> tuple[Guest, Guest]:
    """A guest that may do anything, and one with these rules, in one network."""
    network = world.network()
    one, other = world.guest(network, 5), world.guest(network, 6, rules)
    world.ensure()
    return one.configure(), other.configure()


def test_without_rules_nothing_comes_in_and_nothing_goes_out(world: World) -> None:
    one, closed = pair(world, ())
    assert not one.reaches(closed.address)
    assert not closed.reaches(one.address)


def test_dhcp_works_without_rules(world: World) -> None:
    guest = world.guest(world.network(), 5, ())
    world.ensure()
    assert guest.lease()


def test_a_rule_allows_what_it_says_and_no_more(world: World, server: Any) -> None:
    one, other = pair(world, (OUT, SSH_IN))
    ssh, web = server(other.namespace, 22), server(other.namespace, 80)
    assert source_seen(one.namespace, ssh, other.address, 22) == one.address
    assert refused(one.namespace, other.address, 80)
    assert web
    assert not one.reaches(other.address)


def test_answers_to_what_was_allowed_come_back(world: World) -> None:
    one, other = pair(world, (OUT,))
    assert other.reaches(one.address)
    assert not one.reaches(other.address)


def test_icmp_types_are_told_apart(world: World) -> None:
    one, other = pair(world, (OUT, RuleWanted("ingress", "IPv4", "icmp", 8, 0)))
    assert one.reaches(other.address)
    world.port(other, rules=(OUT, RuleWanted("ingress", "IPv4", "1", 13)))
    world.ensure()
    assert not one.reaches(other.address)


def test_a_remote_cidr_bounds_the_source(world: World) -> None:
    one, other = pair(world, (OUT, RuleWanted("ingress", "IPv4", remote_cidr="10.1.0.4/31")))
    assert one.reaches(other.address)
    world.port(other, rules=(OUT, RuleWanted("ingress", "IPv4", remote_cidr="10.1.0.8/31")))
    world.ensure()
    assert not one.reaches(other.address)


def test_members_of_a_remote_group_come_in_until_they_leave_it(world: World) -> None:
    one, other = pair(world, (OUT, RuleWanted("ingress", "IPv4", remote_group_id=GROUP)))
    network = next(iter(world.networks.values()))
    assert not one.reaches(other.address)
    world.change(network, remote_groups={GROUP: ("10.1.0.5", "10.1.0.6")})
    world.ensure()
    assert world.differences() == []
    assert one.reaches(other.address)
    world.change(network, remote_groups={GROUP: ("10.1.0.6",)})
    world.ensure()
    assert not one.reaches(other.address)


@pytest.mark.parametrize("pairs", [(), ("10.1.0.200",), ("10.1.0.192/28",), ("0.0.0.0/0",)])
@pytest.mark.parametrize("restarted", [False, True])
def test_established_flows_end_with_the_rule_that_allowed_them(
    world: World, server: Any, restarted: bool, pairs: tuple[str, ...]
) -> None:
    one, other = pair(world, (SSH_IN,))
    address = "10.1.0.200" if pairs else other.address
    world.port(other, allowed_address_pairs=tuple(map(AddressPair, pairs)))
    world.ensure()
    ip("-n", other.namespace, "address", "replace", f"{address}/24", "dev", "eth0")
    listener = server(other.namespace, 22)
    with closing(connect(one.namespace, address, 22)) as client:
        accepted, _ = listener.accept()
        accepted.settimeout(1)
        client.sendall(b"one")
        assert accepted.recv(10) == b"one"
        world.port(other, rules=())
        if restarted:
            world.driver = LinuxNetwork(world.host)
        world.ensure()
        client.sendall(b"two")
        with pytest.raises(TimeoutError):
            accepted.recv(10)
        accepted.close()


def test_flows_that_came_in_while_another_program_had_taken_the_rules_away_end(world: World, server: Any) -> None:
    one, closed = pair(world, ())
    transact(world.host.namespace, "flush ruleset")
    listener = server(closed.namespace, 22)
    with closing(connect(one.namespace, closed.address, 22)) as client:
        accepted, _ = listener.accept()
        accepted.settimeout(1)
        world.ensure()
        client.sendall(b"still here")
        with pytest.raises(TimeoutError):
            accepted.recv(10)
        accepted.close()


def test_a_rule_added_does_not_disturb_established_flows(world: World, server: Any) -> None:
    one, other = pair(world, (SSH_IN,))
    listener = server(other.namespace, 22)
    with closing(connect(one.namespace, other.address, 22)) as client:
        accepted, _ = listener.accept()
        accepted.settimeout(1)
        world.port(other, rules=(SSH_IN, RuleWanted("ingress", "IPv4", "udp", 53, 53)))
        world.ensure()
        accepted.sendall(b"from the server's side first")
        client.settimeout(1)
        assert client.recv(100)
        accepted.close()


def test_security_holds_between_networks_and_from_outside(world: World, server: Any) -> None:
    network, external = world.network(), world.network("172.24.4", external=True)
    guest = world.guest(network, 5, (OUT, SSH_IN))
    router = world.router(network, external=external)
    world.floating(router, _172_24_4_50="10.1.0.5")
    world.ensure()
    guest.configure("10.1.0.1")
    ssh, web = server(guest.namespace, 22), server(guest.namespace, 80)
    assert source_seen("", ssh, "172.24.4.50", 22)
    assert refused("", "172.24.4.50", 80)
    assert web
    assert guest.reaches("172.24.4.1")


def test_a_guest_on_the_external_network_itself_is_protected(world: World, server: Any) -> None:
    external = world.network("172.24.4", external=True)
    guest = world.guest(external, 77, (OUT, SSH_IN))
    world.ensure()
    guest.configure("172.24.4.1")
    ssh, web = server(guest.namespace, 22), server(guest.namespace, 80)
    assert source_seen("", ssh, "172.24.4.77", 22) == str(world.host.link[0].ip)
    assert refused("", "172.24.4.77", 80)
    assert web


def test_a_guest_gets_out_but_to_no_service_of_the_machine_by_its_end_of_the_link(world: World, server: Any) -> None:
    external = world.network("172.24.4", external=True)
    guest = world.guest(external, 77, (OUT, SSH_IN))
    world.ensure()
    guest.configure("172.24.4.1")
    assert source_seen(guest.namespace, server("", 8080), outside(), 8080) == "172.24.4.77"
    assert refused(guest.namespace, str(world.host.link[0].ip), 8080)
    assert source_seen("", server(guest.namespace, 22), "172.24.4.77", 22) == str(world.host.link[0].ip)


def test_same_addresses_in_two_networks_have_flows_of_their_own(world: World, server: Any) -> None:
    first, second = pair(world, (OUT, SSH_IN)), pair(world, (OUT,))
    for one, other in (first, second):
        server(other.namespace, 22)
        assert refused(one.namespace, other.address, 22) == (one is second[0])


def test_a_foreign_address_is_not_let_out(world: World) -> None:
    one, other = pair(world, ANYTHING)
    ip("-n", one.namespace, "address", "add", "10.1.0.99/24", "dev", "eth0")
    assert one.reaches(other.address)
    assert one.run("ping", "-c1", "-W1", "-I", "10.1.0.99", other.address).returncode != 0
    world.port(one, allowed_address_pairs=(AddressPair("10.1.0.99"),))
    world.ensure()
    assert one.run("ping", "-c1", "-W1", "-I", "10.1.0.99", other.address).returncode == 0


def test_a_foreign_mac_is_not_let_out(world: World) -> None:
    one, other = pair(world, ANYTHING)
    ip("-n", one.namespace, "link", "set", "eth0", "address", "fa:16:3e:99:99:99")
    assert not one.reaches(other.address)


def test_a_bridge_that_passes_the_rules_by_is_seen_and_brought_back(world: World) -> None:
    one, closed = pair(world, ())
    (bridge,) = (each for each in world.driver.observe().links if each.kind == "bridge")
    ip("-n", world.host.namespace, "link", "set", bridge.name, "type", "bridge", "nf_call_iptables", "0")
    assert world.differences() == [f"bridge {bridge.name} hands its frames to no security group"]
    world.ensure()
    assert world.differences() == []
    assert not one.reaches(closed.address)


def test_port_security_off_lets_everything_through(world: World) -> None:
    network = world.network()
    one, other = world.guest(network, 5, (), port_security=False), world.guest(network, 6)
    world.ensure()
    one.configure()
    other.configure()
    ip("-n", one.namespace, "link", "set", "eth0", "address", "fa:16:3e:99:99:99")
    assert one.reaches(other.address)


def arp_claim(mac: str, address: str) -> bytes:
    """A gratuitous ARP reply that claims `address`."""
    own, any_mac = bytes.fromhex(mac.replace(":", "")), b"\xff" * 6
    ip_bytes = socket.inet_aton(address)
    body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2, own, ip_bytes, any_mac, ip_bytes)
    return any_mac + own + b"\x08\x06" + body


def dhcp_server_answer(mac: str, source: str) -> bytes:
    """The head of a frame from UDP port 67 to port 68."""
    own = bytes.fromhex(mac.replace(":", ""))
    udp = struct.pack("!HHHH", 67, 68, 8, 0)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, socket.inet_aton(source), b"\xff" * 4)
    return b"\xff" * 6 + own + b"\x08\x00" + head + udp


def udp_packet(mac: str, source: str, destination: str) -> bytes:
    """A frame to everybody with a UDP packet for one of them."""
    own = bytes.fromhex(mac.replace(":", ""))
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 17, 0) + addresses
    checksum = sum(struct.unpack("!10H", head))
    checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
    head = head[:10] + struct.pack("!H", checksum) + head[12:]
    return b"\xff" * 6 + own + b"\x08\x00" + head + struct.pack("!HHHH", 4000, 5000, 8, 0)


def tagged(frame: bytes, *types: int) -> bytes:
    """The frame with VLAN tags of these types and no VLAN: receivers take it as one without."""
    return frame[:12] + b"".join(struct.pack("!HH", each, 0) for each in types) + frame[12:]


def arrives(sender: Guest, receiver: Guest, frame: bytes) -> bool:
    """Whether what the frame carries comes out at the other guest, as it is or without its tags."""

    def wire() -> socket.socket:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        raw.bind(("eth0", 3))
        raw.settimeout(0.5)
        return raw

    with inside(sender.namespace, wire) as out, inside(receiver.namespace, wire) as there:
        out.send(frame)
        try:
            while not there.recv(2000).endswith(frame[-28:]):
                pass
        except TimeoutError:
            return False
        return True


def test_a_guest_cannot_claim_the_gateway_or_answer_dhcp(world: World) -> None:
    one, other = pair(world, ANYTHING)
    assert arrives(one, other, arp_claim(one.port.mac, one.address))
    assert not arrives(one, other, arp_claim(one.port.mac, "10.1.0.1"))
    assert not arrives(one, other, dhcp_server_answer(one.port.mac, one.address))


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100)])
def test_a_tag_does_not_carry_a_frame_past_the_rules(world: World, tags: tuple[int, ...]) -> None:
    one, other = pair(world, ANYTHING)
    free = world.guest(next(iter(world.networks.values())), 7, (), port_security=False)
    world.ensure()
    packet = udp_packet(one.port.mac, one.address, other.address)
    assert arrives(one, other, packet)
    assert not arrives(one, other, tagged(packet, *tags))
    assert not arrives(free, other, tagged(packet, *tags))
    assert not arrives(one, other, tagged(arp_claim(one.port.mac, "10.1.0.1"), *tags))


def neighbour_advertisement(mac: str, source: str, target: str) -> bytes:
    """A frame to everybody that says that `target` is at `mac`."""
    own, everybody = bytes.fromhex(mac.replace(":", "")), socket.inet_pton(socket.AF_INET6, "ff02::1")
    addresses = socket.inet_pton(socket.AF_INET6, source) + everybody
    said = struct.pack("!I", 0x20000000) + socket.inet_pton(socket.AF_INET6, target) + b"\x02\x01" + own
    body = b"\x88\x00" + said
    total = sum(struct.unpack(f"!{len(addresses + body) // 2}H", addresses + body)) + len(body) + 2 + 58
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    icmp = b"\x88\x00" + struct.pack("!H", checksum) + said
    head = struct.pack("!IHBB", 6 << 28, len(icmp), 58, 255) + addresses
    return b"\x33\x33\x00\x00\x00\x01" + own + b"\x86\xdd" + head + icmp


@pytest.mark.parametrize(
    ("source", "target", "let_out"),
    [
        ("fd00:1::5", "fd00:1::5", True),
        ("fd00:1::5", "LINK_LOCAL", True),
        ("LINK_LOCAL", "fd00:2::9", True),
        ("fd00:1::5", "fd00:1::1", False),
        ("LINK_LOCAL", "fe80::1", False),
        ("::", "fd00:1::1", False),
        ("::", "fd00:1::5", False),
    ],
)
def test_a_guest_cannot_say_that_another_address_is_its_own(
    world: World, source: str, target: str, let_out: bool
) -> None:
    one, other = pair(world, (*ANYTHING, RuleWanted("ingress", "IPv6")))
    addresses = (*one.port.fixed_ips, FixedIp(one.port.fixed_ips[0].subnet_id, "fd00:1::5"))
    world.port(one, fixed_ips=addresses, allowed_address_pairs=(AddressPair("fd00:2::/64"),))
    world.ensure()
    own = {"LINK_LOCAL": link_local(one.port.mac)}
    frame = neighbour_advertisement(one.port.mac, own.get(source, source), own.get(target, target))
    assert arrives(one, other, frame) == let_out


def test_ipv6_is_filtered_and_guarded_as_well(world: World) -> None:
    rules = (*ANYTHING, RuleWanted("egress", "IPv6"))
    network = world.network()
    one, other = world.guest(network, 5, (*rules, RuleWanted("ingress", "IPv6"))), world.guest(network, 6, rules)
    subnet = network.subnets[0].subnet_id
    for guest, address in ((one, "fd00:1::5"), (other, "fd00:1::6")):
        world.port(guest, fixed_ips=(*guest.port.fixed_ips, FixedIp(subnet, address)))
    world.ensure()
    for guest, address in ((one, "fd00:1::5"), (other, "fd00:1::6")):
        ip("-n", guest.namespace, "address", "add", f"{address}/64", "dev", "eth0", "nodad")
    assert other.reaches("fd00:1::5")
    assert not one.reaches("fd00:1::6")
    ip("-n", other.namespace, "address", "add", "fd00:1::99/64", "dev", "eth0", "nodad")
    assert other.run("ping", "-c1", "-W1", "-I", "fd00:1::99", "fd00:1::5").returncode != 0
