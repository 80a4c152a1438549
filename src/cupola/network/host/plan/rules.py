"""Security group rules as nftables rules."""

from __future__ import annotations

from cupola.network.model.wanted import RuleWanted

PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "icmp": 1, "icmpv6": 58, "igmp": 2, "ipip": 4,
    "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89,
    "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
_WITH_PORTS = {6, 17, 33, 132, 136}
_ICMP = {1: "icmp", 58: "icmpv6"}


def group_set(group_id: str, ethertype: str) -> str:
    """Name of the set with the addresses of a group's members."""
    return f"sg{ethertype[-1]}-{group_id}"


def rule_text(rule: RuleWanted) -> str:
    """The rule as nftables says it; raises ValueError for a protocol that is not known."""
    family = "ip" if rule.ethertype == "IPv4" else "ip6"
    parts = [f"meta nfproto {'ipv4' if family == 'ip' else 'ipv6'}"]
    if rule.protocol not in (None, "any", "0"):
        parts += _protocol(_number(str(rule.protocol), rule.ethertype), rule)
    side = "saddr" if rule.direction == "ingress" else "daddr"
    if rule.remote_group_id:
        parts.append(f"{family} {side} @{group_set(rule.remote_group_id, rule.ethertype)}")
    elif rule.remote_cidr and not rule.remote_cidr.endswith("/0"):
        parts.append(f"{family} {side} {rule.remote_cidr}")
    return " ".join([*parts, "accept"])


def _number(protocol: str, ethertype: str) -> int:
    number = int(protocol) if protocol.isdecimal() else PROTOCOLS.get(protocol.lower())
    if number is None or number > 255:
        raise ValueError(f"protocol {protocol!r} is not known")
    return 58 if number == 1 and ethertype == "IPv6" else number


def _protocol(number: int, rule: RuleWanted) -> list[str]:
    parts = [f"meta l4proto {number}"]
    if rule.port_min is None:
        return parts
    if number in _WITH_PORTS:
        high = rule.port_min if rule.port_max is None else rule.port_max
        return [*parts, f"th dport {rule.port_min}" + (f"-{high}" if high != rule.port_min else "")]
    if number in _ICMP:
        name = _ICMP[number]
        code = [] if rule.port_max is None else [f"{name} code {rule.port_max}"]
        return [*parts, f"{name} type {rule.port_min}", *code]
    return parts
