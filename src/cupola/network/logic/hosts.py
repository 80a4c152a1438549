"""What hosts say of their network: where their tunnels end."""

from __future__ import annotations

from collections.abc import Collection

from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import all_hosts, named

KIND = "network"
"""The part of a host's facts that says it has network."""


def tunnel_ends(tx: Transaction, names: Collection[str]) -> dict[str, str]:
    """The address at which each of these hosts takes tunnels, of those that do."""
    return {host.name: vtep for host in named(tx, names) if (vtep := host.facts.get(KIND, {}).get("vtep"))}


def network_host(tx: Transaction) -> str | None:
    """The host that new DHCP services and routers go to: the first by name that is alive and has network."""
    return next((host.name for host in all_hosts(tx) if host.alive(tx.now) and KIND in host.facts), None)
