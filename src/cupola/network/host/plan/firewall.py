"""Security of the ports of one network: a table of the bridge family and one of the inet family.

The bridge family knows the port but not the state of a flow; inet, reached through br_netfilter, knows the state but
not the port. The bridge table drops what is spoofed and tells inet the port in the packet's mark:

    bit 31     the packet is about to leave by the port (else: it came in by it)
    bits 16-30 the network's zone, which is also its conntrack zone and the group of the links on its bridge
    bits 0-15  the port's number in the network; 0 for links that are not filtered

Each network has its own pair of tables, replaced as a whole in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from cupola.network.host.layout import Table
from cupola.network.host.plan.rules import group_set, rule_text
from cupola.network.host.plan.table import Chain, Set, table
from cupola.network.host.settings import HostNetwork, network_owner
from cupola.network.model.wanted import AddressPair, FixedIp, NetworkWanted, PortWanted

_LEAVING = 1 << 31
_OTHER_THAN_IP = "ether type != { ip, ip6, arp }"
"""Frames that inet never sees: with a VLAN tag they would carry IP past every rule."""
_ND_QUESTIONS = "nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report"
_ND_OUT = f"nd-neighbor-advert, {_ND_QUESTIONS}"
_ND_IN = "nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query"


def firewall_tables(doc: NetworkWanted, host: HostNetwork, zone: int, numbers: Mapping[str, int]) -> tuple[Table, ...]:
    """Both tables of the network; `numbers` gives each tap its number within the zone."""
    ports = [port for port in doc.ports if port.port_security]
    owner = network_owner(doc.network_id)
    name, comment = f"{host.prefix}{owner}", f"network {doc.network_id}"
    marks = {port.tap: f"0x{zone << 16 | numbers[port.tap]:08x}" for port in ports}
    leaving = {port.tap: f"0x{_LEAVING | zone << 16 | numbers[port.tap]:08x}" for port in ports}
    return (
        table(host.namespace, "bridge", name, owner, comment, *_bridge(zone, ports, marks, leaving)),
        table(host.namespace, "inet", name, owner, comment, *_inet(zone, doc, ports, marks, leaving)),
    )


def _bridge(
    zone: int, ports: Sequence[PortWanted], marks: Mapping[str, str], leaving: Mapping[str, str]
) -> tuple[dict[str, Set], dict[str, Chain]]:
    sets = {
        "sources": Set("ifname : verdict", {port.tap: f"goto {port.tap}-from" for port in ports}),
        "destinations": Set("ifname : mark", leaving),
    }
    chains = {
        "arriving": Chain(
            (f"meta iifgroup != {zone} return", f"meta mark set 0x{zone << 16:08x}", "iifname vmap @sources"),
            "type filter hook prerouting priority -320; policy accept;",
        ),
        "leaving": Chain(
            (
                f"meta iifgroup {zone} meta mark set 0",
                "meta mark set oifname map @destinations",
                f"meta mark and 0xffff0000 == 0x{_LEAVING | zone << 16:08x} {_OTHER_THAN_IP} counter drop",
            ),
            "type filter hook forward priority -210; policy accept;",
        ),
        "guard": Chain(_GUARD),
    }
    for port in ports:
        own = _own_frames(port.mac, port.fixed_ips, port.allowed_address_pairs, marks[port.tap])
        chains[f"{port.tap}-from"] = own
    return sets, chains


@lru_cache(
    maxsize=4096
)  # whenever one port comes or goes the whole table is made anew, and the others stay as they are
def _own_frames(mac: str, fixed_ips: Sequence[FixedIp], allowed: Sequence[AddressPair], mark: str) -> Chain:
    """What a port may send: frames of its own MAC and addresses, and no service that is the network's to give."""
    pairs = [(mac, fixed.address) for fixed in fixed_ips]
    pairs += [(pair.mac_address or mac, pair.ip_address) for pair in allowed]
    return Chain(tuple(_not_spoofed(pairs, sorted({mac, *(each for each, _ in pairs)}), mark)))


def _not_spoofed(pairs: Sequence[tuple[str, str]], macs: Sequence[str], mark: str) -> Iterable[str]:
    yield f"meta mark set {mark}"
    own = _collapsed([*(address for _, address in pairs), *map(link_local, macs)], 6)
    yield f"ether saddr != {_any_of(macs)} counter drop"
    yield f"icmpv6 type nd-neighbor-advert {_ND_TARGET} != {_any_of([_number(each) for each in own])} counter drop"
    yield "jump guard"
    for mac in macs:
        addresses = [address for owner, address in pairs if owner == mac]
        if v4 := _collapsed(addresses, 4):
            yield f"ether saddr {mac} arp saddr ether {mac} arp saddr ip {_any_of(v4)} accept"
            yield f"ether saddr {mac} ip saddr {_any_of(v4)} accept"
        yield f"ether saddr {mac} ip6 saddr {_any_of(_collapsed([*addresses, link_local(mac)], 6))} accept"
    yield "counter drop"


_GUARD = (
    f"{_OTHER_THAN_IP} counter drop",
    "arp operation request arp saddr ip 0.0.0.0 accept",
    "udp sport { 67, 547 } counter drop",
    "icmpv6 type { nd-router-advert, nd-redirect } counter drop",
    "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
    f"ip6 saddr :: icmpv6 type {{ {_ND_QUESTIONS} }} accept",
)
"""The same for every port: questions before it has an address, and services that only the network may give."""


_ND_TARGET = "@th,64,128"
"""The address that a neighbour advertisement tells the MAC of."""


def _number(network: str) -> str:
    """An IPv6 address or CIDR as raw bits are compared with it."""
    first, last = (f"0x{int(each):032x}" for each in (ip_network(network)[0], ip_network(network)[-1]))
    return first if first == last else f"{first}-{last}"


def _any_of(values: Sequence[str]) -> str:
    """One value, or an anonymous set, which costs the kernel more to load than a rule."""
    return values[0] if len(values) == 1 else f"{{ {', '.join(values)} }}"


def _inet(
    zone: int, doc: NetworkWanted, ports: Sequence[PortWanted], marks: Mapping[str, str], leaving: Mapping[str, str]
) -> tuple[dict[str, Set], dict[str, Chain]]:
    sets = {
        "egress-of": Set("mark : verdict", {marks[port.tap]: f"goto {port.tap}-out" for port in ports}),
        "ingress-of": Set("mark : verdict", {leaving[port.tap]: f"goto {port.tap}-in" for port in ports}),
        **_groups(doc, ports),
    }
    state = ("ct state established,related accept", "ct state invalid counter drop")
    chains = {
        "zone": Chain(
            (f"meta mark and 0x7fff0000 == 0x{zone << 16:08x} ct zone set {zone}",),
            "type filter hook prerouting priority -300; policy accept;",
        ),
        "egress": Chain(
            (
                f"meta mark and 0xffff0000 != 0x{zone << 16:08x} return",
                "meta mark and 0xffff == 0 return",
                *state,
                "udp sport 68 udp dport 67 accept",
                "udp sport 546 udp dport 547 accept",
                f"icmpv6 type {{ {_ND_OUT} }} accept",
                "meta mark vmap @egress-of",
                "counter drop",
            ),
            "type filter hook prerouting priority -150; policy accept;",
        ),
        "ingress": Chain(
            (
                f"meta mark and 0xffff0000 != 0x{_LEAVING | zone << 16:08x} return",
                *state,
                "udp sport 67 udp dport 68 accept",
                "udp sport 547 udp dport 546 accept",
                f"icmpv6 type {{ {_ND_IN} }} accept",
                "meta mark vmap @ingress-of",
                "counter drop",
            ),
            "type filter hook forward priority 0; policy accept;",
        ),
    }
    for port in ports:
        chains[f"{port.tap}-out"] = _allowed(port, "egress")
        chains[f"{port.tap}-in"] = _allowed(port, "ingress")
    return sets, chains


def _allowed(port: PortWanted, direction: str) -> Chain:
    rules = dict.fromkeys(rule_text(rule) for rule in port.rules if rule.direction == direction)
    return Chain((*rules, "counter drop"))


def _groups(doc: NetworkWanted, ports: Sequence[PortWanted]) -> dict[str, Set]:
    named = {(rule.remote_group_id, rule.ethertype) for port in ports for rule in port.rules if rule.remote_group_id}
    return {
        group_set(group, ethertype): Set(
            "ipv4_addr" if ethertype == "IPv4" else "ipv6_addr",
            dict.fromkeys(_collapsed(doc.remote_groups.get(group, ()), int(ethertype[-1])), ""),
            interval=True,
        )
        for group, ethertype in sorted(named)
    }


@lru_cache(maxsize=1 << 16)
def _network(address: str) -> IPv4Network | IPv6Network:
    return ip_network(address, strict=False)


def _collapsed(addresses: Iterable[str], version: int) -> list[str]:
    """These addresses and CIDRs of one IP version, without overlaps, a single address without its prefix."""
    networks: list[Any] = [net for each in addresses if (net := _network(each)).version == version]
    return [str(each[0]) if each.num_addresses == 1 else str(each) for each in collapse_addresses(networks)]


def link_local(mac: str) -> str:
    """The IPv6 link-local address that a guest makes of its MAC."""
    octets = [int(each, 16) for each in mac.split(":")]
    octets[0] ^= 2
    words = [*octets[:3], 0xFF, 0xFE, *octets[3:]]
    return str(ip_network("fe80::" + ":".join(f"{words[i] << 8 | words[i + 1]:x}" for i in range(0, 8, 2)))[0])
