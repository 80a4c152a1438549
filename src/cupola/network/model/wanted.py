"""What a host is told to have of the network: one document per network and one per router, each with a generation.

Addresses are text (`10.0.0.5`), an address with its prefix is `10.0.0.1/24`, MAC addresses are lower case with colons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_interface

from cupola.network.model.document import Document

# These texts reach configuration files and rule sets: nothing but what they are may be in them.
_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_INTERFACE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,14}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_NAME = re.compile(r"[0-9A-Za-z._-]{0,253}")


def _match(pattern: re.Pattern[str], *values: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value!r} does not match {pattern.pattern}")


def _address(*values: str) -> None:
    """Addresses, with or without prefix; no scope (`%eth0`), which may be any text."""
    for value in values:
        _check_address(value)


@lru_cache(maxsize=1 << 16)  # the same come again with each document of their network
def _check_address(value: str) -> None:
    ip_interface(value)
    if "%" in value:
        raise ValueError(f"{value!r} has a scope")


@dataclass(frozen=True)
class HostRouteWanted(Document):
    """A route that guests of a subnet, or a router, shall have."""

    destination: str
    nexthop: str

    def __post_init__(self) -> None:
        _address(self.destination, self.nexthop)


@dataclass(frozen=True)
class SubnetWanted(Document):
    subnet_id: str
    cidr: str
    ip_version: int = 4
    gateway_ip: str | None = None
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRouteWanted, ...] = ()

    def __post_init__(self) -> None:
        _match(_ID, self.subnet_id)
        _address(self.cidr)
        _address(*self.dns_nameservers, *([self.gateway_ip] if self.gateway_ip else []))


@dataclass(frozen=True)
class FixedIp(Document):
    subnet_id: str
    address: str

    def __post_init__(self) -> None:
        _match(_ID, self.subnet_id)
        _address(self.address)


@dataclass(frozen=True)
class DhcpHost(Document):
    """One port of the network as DHCP and DNS shall know it, wherever the port is."""

    mac: str
    fixed_ips: tuple[FixedIp, ...]
    hostname: str

    def __post_init__(self) -> None:
        _match(_MAC, self.mac)
        _match(_NAME, self.hostname)


@dataclass(frozen=True)
class DhcpWanted(Document):
    """The DHCP and metadata service of a network on this host."""

    port_id: str
    mac: str
    fixed_ips: tuple[FixedIp, ...]
    hosts: tuple[DhcpHost, ...] = ()

    def __post_init__(self) -> None:
        _match(_ID, self.port_id)
        _match(_MAC, self.mac)


@dataclass(frozen=True)
class RuleWanted(Document):
    """One security group rule: it allows; what no rule allows is dropped.

    `direction` is ingress or egress, `ethertype` IPv4 or IPv6, `protocol` a name or a number or None for all.
    `port_min` and `port_max` are ports, or the type and the code of ICMP.
    """

    direction: str
    ethertype: str
    protocol: str | None = None
    port_min: int | None = None
    port_max: int | None = None
    remote_cidr: str | None = None
    remote_group_id: str | None = None

    def __post_init__(self) -> None:
        if self.direction not in ("ingress", "egress") or self.ethertype not in ("IPv4", "IPv6"):
            raise ValueError(f"rule of direction {self.direction!r} and ethertype {self.ethertype!r}")
        if self.remote_cidr:
            _address(self.remote_cidr)
        if self.remote_group_id:
            _match(_ID, self.remote_group_id)


@dataclass(frozen=True)
class AddressPair(Document):
    """A further source that a port may use: an address or CIDR, with the port's MAC or one of its own."""

    ip_address: str
    mac_address: str | None = None

    def __post_init__(self) -> None:
        _address(self.ip_address)
        if self.mac_address:
            _match(_MAC, self.mac_address)


@dataclass(frozen=True)
class PortWanted(Document):
    """A port that a server on this host uses through the tap `tap`."""

    port_id: str
    mac: str
    tap: str
    server_id: str | None = None
    fixed_ips: tuple[FixedIp, ...] = ()
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    port_security: bool = True
    rules: tuple[RuleWanted, ...] = ()

    def __post_init__(self) -> None:
        _match(_ID, self.port_id)
        _match(_MAC, self.mac)
        _match(_INTERFACE, self.tap)


@dataclass(frozen=True)
class ForwardingEntry(Document):
    """Where a port that is on another host is found: MAC and addresses behind a tunnel end."""

    mac: str
    vtep: str
    addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _match(_MAC, self.mac)
        _address(self.vtep, *self.addresses)


@dataclass(frozen=True)
class NetworkWanted(Document):
    """One network as one host shall carry it."""

    network_id: str
    generation: int
    mtu: int = 1500
    vni: int | None = None
    external: bool = False
    subnets: tuple[SubnetWanted, ...] = ()
    dhcp: DhcpWanted | None = None
    ports: tuple[PortWanted, ...] = ()
    remote_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses of the members of each group that a rule names, over all hosts."""
    peers: tuple[str, ...] = ()
    """Tunnel ends of the other hosts that carry this network."""
    fdb: tuple[ForwardingEntry, ...] = ()

    def __post_init__(self) -> None:
        _match(_ID, self.network_id, *self.remote_groups)
        _address(*self.peers, *(member for members in self.remote_groups.values() for member in members))


@dataclass(frozen=True)
class RouterPortWanted(Document):
    """A router's foot in a network; `addresses` carry the prefix of their subnet."""

    port_id: str
    network_id: str
    mac: str
    addresses: tuple[str, ...]
    mtu: int = 1500
    advertise: bool = False
    """Guests make themselves addresses of the IPv6 prefixes (SLAAC), with this router as their default."""

    def __post_init__(self) -> None:
        _match(_ID, self.port_id, self.network_id)
        _match(_MAC, self.mac)
        _address(*self.addresses)


@dataclass(frozen=True)
class GatewayWanted(Document):
    """A router's foot in an external network, and its next hops (at most one per IP version)."""

    port_id: str
    network_id: str
    mac: str
    addresses: tuple[str, ...]
    gateway_ips: tuple[str, ...] = ()
    mtu: int = 1500

    def __post_init__(self) -> None:
        _match(_ID, self.port_id, self.network_id)
        _match(_MAC, self.mac)
        _address(*self.addresses, *self.gateway_ips)


@dataclass(frozen=True)
class FloatingIpWanted(Document):
    floating_ip_id: str
    floating_address: str
    fixed_address: str

    def __post_init__(self) -> None:
        _match(_ID, self.floating_ip_id)
        _address(self.floating_address, self.fixed_address)


@dataclass(frozen=True)
class RouterWanted(Document):
    """One router as one host shall run it."""

    router_id: str
    generation: int
    interfaces: tuple[RouterPortWanted, ...] = ()
    gateway: GatewayWanted | None = None
    enable_snat: bool = True
    floating_ips: tuple[FloatingIpWanted, ...] = ()
    extra_routes: tuple[HostRouteWanted, ...] = ()

    def __post_init__(self) -> None:
        _match(_ID, self.router_id)
