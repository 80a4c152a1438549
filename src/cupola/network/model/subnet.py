"""A subnet: the addresses of one IP version that a network's ports may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

AUTOMATIC_GATEWAY = "automatic"
"""For the gateway of a new subnet: the first address (null is no gateway)."""


@dataclass(frozen=True)
class Subnet:
    """`allocation_pools` hold {"start", "end"}, `host_routes` {"destination", "nexthop"}."""

    id: str
    generation: int
    project_id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    network_id: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    enable_dhcp: bool
    ipv6_ra_mode: str | None
    ipv6_address_mode: str | None
    allocation_pools: Sequence[Mapping[str, str]]
    dns_nameservers: Sequence[str]
    host_routes: Sequence[Mapping[str, str]]

    @property
    def block(self) -> IPv4Network | IPv6Network:
        return ip_network(self.cidr)

    def holds(self, address: str) -> bool:
        """Whether a port may have `address` from this subnet: not the network's own nor the broadcast address."""
        found = ip_address(address)
        if found.version != self.ip_version or found not in self.block:
            return False
        if self.block.num_addresses <= 2:
            return True
        return found != self.block.network_address and (self.ip_version == 6 or found != self.block.broadcast_address)

    def pools(self) -> Iterator[tuple[int, int]]:
        """First and last address of each pool, as numbers."""
        for pool in self.allocation_pools:
            yield int(ip_address(pool["start"])), int(ip_address(pool["end"]))

    def address(self, number: int) -> str:
        return str(IPv4Address(number) if self.ip_version == 4 else IPv6Address(number))

    @property
    def automatic(self) -> bool:
        """Whether ports make their own address of their MAC (SLAAC and stateless DHCPv6)."""
        return self.ipv6_address_mode in ("slaac", "dhcpv6-stateless")


@dataclass(frozen=True)
class SubnetDetail:
    subnet: Subnet
    external: bool = False
    shared: bool = False
    network_project_id: str = ""
    tags: tuple[str, ...] = ()


def first_address(cidr: str) -> str:
    """The gateway unless one is named: the first address after the network's own."""
    block = ip_network(cidr)
    return str(block.network_address + 1 if block.num_addresses > 1 else block.network_address)


def pools_of(cidr: str, gateway_ip: str | None) -> list[dict[str, str]]:
    """All addresses that ports may have, around the gateway."""
    block = ip_network(cidr)
    first, last = int(block.network_address), int(block.broadcast_address)
    if block.num_addresses > 2:
        first += 1
        last -= block.version == 4
    spans = [(first, last)]
    if gateway_ip is not None and first <= (gateway := int(ip_address(gateway_ip))) <= last:
        spans = [(first, gateway - 1), (gateway + 1, last)]
    make = IPv4Address if block.version == 4 else IPv6Address
    return [{"start": str(make(start)), "end": str(make(end))} for start, end in spans if start <= end]


def automatic_address(cidr: str, mac: str) -> str:
    """The address that a port with this MAC makes for itself in an IPv6 subnet (modified EUI-64)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    number = int.from_bytes(bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:])
    return str(ip_network(cidr).network_address + number)
