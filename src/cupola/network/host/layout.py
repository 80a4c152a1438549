"""What exists on a host, or should: plain values, the same for what is wanted and for what was observed.

`owner` says whose a part is: `host`, `n-<network>`, `r-<router>` (first 8 characters of the id), or "" for nobody's.
A namespace is given by name; "" is the machine's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Namespace:
    name: str
    owner: str
    inode: int = field(default=0, compare=False)
    """Tells a namespace from a later one of the same name; 0 where it is only wanted."""


@dataclass(frozen=True)
class Vxlan:
    vni: int
    local: str
    port: int
    underlay: str
    """The namespace whose network carries the tunnel."""


@dataclass(frozen=True)
class Link:
    """A network interface. None means "whatever it is"."""

    namespace: str
    name: str
    kind: str
    """bridge, tap, veth, vxlan, loopback."""
    owner: str
    alias: str = ""
    mtu: int | None = None
    mac: str | None = None
    master: str | None = None
    addresses: tuple[str, ...] = ()
    """With prefix, in order."""
    up: bool = True
    group: int | None = None
    """The zone of the network whose bridge it is on; the firewall tells networks apart by it."""
    filtered: bool | None = None
    """A bridge that hands its frames to the rules of the inet family."""
    quiet: bool = field(default=False, compare=False)
    """Makes itself no IPv6 address (`ip address` does not list that: it is set when the link is new)."""
    peer: tuple[str, str] | None = field(default=None, compare=False)
    """The other end of a veth pair, on the end that creates it: namespace and name."""
    vxlan: Vxlan | None = field(default=None, compare=False)
    user: int | None = field(default=None, compare=False)
    """Who may open a tap."""

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name


@dataclass(frozen=True)
class Route:
    namespace: str
    destination: str
    """CIDR, or `default` or `::/0`."""
    via: str
    device: str


@dataclass(frozen=True)
class Forwarding:
    """An entry of a tunnel's forwarding table; the MAC of zeros is the list for floods."""

    namespace: str
    device: str
    mac: str
    vtep: str


@dataclass(frozen=True)
class Neighbour:
    """A permanent neighbour entry of a tunnel, from which it answers ARP itself."""

    namespace: str
    device: str
    address: str
    mac: str


@dataclass(frozen=True)
class Sysctl:
    namespace: str
    path: str
    """Below /proc/sys, with slashes."""
    value: str


@dataclass(frozen=True)
class Table:
    """An nftables table: what it holds, in a form that can be compared with what the kernel lists."""

    namespace: str
    family: str
    name: str
    owner: str
    chains: Mapping[str, int]
    """Name of each chain and its number of rules; one empty chain is named after the fingerprint of the whole."""
    sets: Mapping[str, tuple[str, ...]]
    """Name of each set or map, and its elements in order (`key : value` in maps)."""
    text: str = field(default="", compare=False)
    """What loads it."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.namespace, self.family, self.name


@dataclass(frozen=True)
class Daemon:
    """A dnsmasq: its namespace, its directory of files, and the process."""

    owner: str
    namespace: str
    directory: str
    files: Mapping[str, str]
    """Name and text of each file that it reads; `dnsmasq.conf` is read at start only, the others again on SIGHUP."""
    leases: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """MAC and address: those that may be given, or that were."""
    pid: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Layout:
    """Everything of one host, or of one resource on it."""

    namespaces: tuple[Namespace, ...] = ()
    links: tuple[Link, ...] = ()
    routes: tuple[Route, ...] = ()
    forwarding: tuple[Forwarding, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    sysctls: tuple[Sysctl, ...] = ()
    tables: tuple[Table, ...] = ()
    daemons: tuple[Daemon, ...] = ()

    def __add__(self, other: Layout) -> Layout:
        return Layout(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Layout)))

    def link(self, namespace: str, name: str) -> Link | None:
        return next((each for each in self.links if each.key == (namespace, name)), None)

    def owners(self) -> set[str]:
        """Whose parts these are."""
        owners = [each.owner for each in self.namespaces] + [each.owner for each in self.links]
        owners += [each.owner for each in self.tables] + [each.owner for each in self.daemons]
        return {each for each in owners if each}

    def to_json(self) -> dict[str, Any]:
        """These parts as values that any JSON encoder takes."""
        return asdict(self)
