"""IP protocols by the names that security group rules may use."""

from __future__ import annotations

NUMBERS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136,
    "vrrp": 112,
}  # fmt: skip
PORTED = frozenset((6, 17, 33, 132, 136))
"""Protocols with ports."""
ICMP = frozenset((1, 58))


def number_of(protocol: str, ethertype: str) -> int:
    """The protocol's number; ICMP means that of the IP version. Raises KeyError for a name that is not known."""
    number = int(protocol) if protocol.isdecimal() else NUMBERS[protocol]
    return 58 if number == 1 and ethertype == "IPv6" else number
