"""What hosts say of their network: where their tunnels end; and what they were told is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import all_hosts, named
from cupola.base.operations.history import told_of

KIND = "network"
"""The part of a host's facts that says it has network."""


def tunnel_ends(tx: Transaction, names: Collection[str]) -> dict[str, str]:
    """The address at which each of these hosts takes tunnels, of those that do."""
    return {host.name: vtep for host in named(tx, names) if (vtep := host.facts.get(KIND, {}).get("vtep"))}


def network_host(tx: Transaction) -> str | None:
    """The host that new DHCP services and routers go to: the first by name that is alive and has network."""
    return next((host.name for host in all_hosts(tx) if host.alive(tx.now) and KIND in host.facts), None)


def gone_from(tx: Transaction, host: str, kind: str, ids: Sequence[str]) -> dict[str, None]:
    """Of things that are not wanted on a host those that it was told of, so that they are to be gone from there."""
    told = told_of(tx, host, [f"{kind}/{id_}" for id_ in ids])
    return dict.fromkeys(subject.partition("/")[2] for subject in told)
