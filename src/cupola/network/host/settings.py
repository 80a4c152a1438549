"""Settings of one network host, and the names that follow from them.

Every namespace, interface and table carries the tag of the cloud or the id of its resource, so that standard tools show
whose it is. Names of interfaces keep to the 15 characters that Linux allows; the full ids are in their aliases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

MACHINE = ""
"""The namespace that the process itself runs in."""

_PUBLIC = (IPv4Network("172.24.4.0/24"),)
_LINKS = IPv4Network("100.64.0.0/10")


@dataclass(frozen=True)
class HostNetwork:
    """How the network of one host is set up. `tag` (4 hexadecimal digits) is unique among the hosts of one machine."""

    tag: str
    name: str
    state_dir: Path
    own_namespace: bool = True
    """False: use the machine's own namespace (`--host-network`)."""
    public: tuple[IPv4Network, ...] = _PUBLIC
    """External subnets for which this host is the gateway; the machine gets a route to each."""
    link_range: IPv4Network = _LINKS
    """From where the /30 between the machine and the host's namespace is taken; the tag chooses which."""
    vtep: str | None = None
    """Address of this host's tunnel end; None: networks do not reach other hosts."""
    vxlan_port: int = 4789
    underlay: str = MACHINE
    """The namespace whose network carries the tunnels."""
    tap_uid: int | None = None
    """The user that may open the taps; None: root only."""
    dhcp_user: str = "nobody"
    dhcp_group: str = "nogroup"
    """What dnsmasq becomes, which reads what guests send; it must be able to come through to `state_dir`."""
    dns_domain: str = "openstacklocal"

    def __post_init__(self) -> None:
        """Raises ValueError for settings that cannot work."""
        if not re.fullmatch(r"[0-9a-f]{4}", self.tag):
            raise ValueError(f"tag {self.tag!r}: expected 4 hexadecimal digits")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", self.name):
            raise ValueError(f"host name {self.name!r}: expected letters, digits, dots and dashes")

    @property
    def prefix(self) -> str:
        """What the names of all namespaces and tables of this host begin with."""
        return f"cupola-{self.tag}-"

    def alias(self, what: str) -> str:
        """What the alias of an interface says: whose it is, and `what` in full. Nothing else is taken for ours."""
        return f"cupola {self.tag} {what}"

    @property
    def namespace(self) -> str:
        """The namespace of bridges and taps."""
        return f"{self.prefix}{self.name}" if self.own_namespace else MACHINE

    @property
    def machine_link(self) -> str:
        """The machine's end of the veth pair."""
        return f"cupola-{self.tag}"

    @property
    def link(self) -> tuple[IPv4Interface, IPv4Interface]:
        """The addresses of the veth pair: the machine's, the namespace's."""
        slots = self.link_range.num_addresses // 4
        base = self.link_range.network_address + int(self.tag, 16) % slots * 4
        return IPv4Interface((base + 1, 30)), IPv4Interface((base + 2, 30))

    @property
    def dnsmasq(self) -> tuple[str, ...]:
        """Configuration of every dnsmasq. None logs single questions: guests ask as often as they like."""
        user = (f"user={self.dhcp_user}", f"group={self.dhcp_group}")
        return ("bind-dynamic", "except-interface=lo", "quiet-dhcp", "quiet-dhcp6", "quiet-ra", *user)

    def dhcp_namespace(self, network_id: str) -> str:
        return f"{self.prefix}d-{network_id[:8]}"

    def router_namespace(self, router_id: str) -> str:
        return f"{self.prefix}r-{router_id[:8]}"

    def dhcp_dir(self, network_id: str) -> Path:
        return self.state_dir / "dhcp" / network_id

    def advertisements_dir(self, router_id: str) -> Path:
        return self.state_dir / "advertisements" / router_id


UPLINK = "uplink"
"""The namespace's end of the veth pair."""


def bridge_name(network_id: str) -> str:
    return f"brq{network_id[:11]}"


def tap_name(port_id: str) -> str:
    """The end on the bridge, of whatever kind the port is."""
    return f"tap{port_id[:11]}"


def dhcp_link(port_id: str) -> str:
    return f"ns-{port_id[:11]}"


def router_link(port_id: str) -> str:
    return f"qr-{port_id[:11]}"


def gateway_link(port_id: str) -> str:
    return f"qg-{port_id[:11]}"


def public_link(network_id: str) -> str:
    """The host's own foot in an external network, with the address of the subnet's gateway."""
    return f"gw-{network_id[:11]}"


def public_port(network_id: str) -> str:
    """The end of `public_link` on the bridge."""
    return f"gwp{network_id[:11]}"


def vxlan_link(vni: int) -> str:
    return f"vxlan-{vni}"


def network_owner(network_id: str) -> str:
    """Short name of a network, as in names of tables: says whose a part of the host is."""
    return f"n-{network_id[:8]}"


def router_owner(router_id: str) -> str:
    return f"r-{router_id[:8]}"


HOST_OWNER = "host"
