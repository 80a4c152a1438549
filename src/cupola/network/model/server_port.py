"""Ports and addresses as compute sees them."""

from __future__ import annotations

from dataclasses import dataclass

from cupola.network.model.port import FixedIp


@dataclass(frozen=True)
class WantedPort:
    """One interface that a server is to have: an existing port, or a new one on a network, maybe with an address."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class ServerPort:
    """A server's port. `tap` is its device on the host, `mtu` that of its network."""

    port_id: str
    server_id: str
    network_id: str
    network_name: str
    mac: str
    tap: str
    mtu: int
    status: str
    host: str | None
    fixed_ips: tuple[FixedIp, ...]
    made_for_server: bool
    """Whether it goes away with the server."""


@dataclass(frozen=True)
class Belonging:
    """To which server a port belongs, and for which it was made."""

    port_id: str
    server_id: str
    made_for: str | None
    host: str | None


@dataclass(frozen=True)
class ServerAddress:
    """An address of a server; `kind` is "fixed" or "floating"."""

    network: str
    address: str
    version: int
    mac: str
    kind: str
    port_id: str
