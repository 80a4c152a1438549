"""Telling hosts that what is wanted of them changed: another generation, and a message to each host concerned.

Both belong to the transaction of the change. A host that is told by other means (the message for a server brings its
networks along) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import known
from cupola.network.store import networks, ports, routers, security_groups


def networks_changed(
    tx: Transaction,
    ctx: Context,
    network_ids: Iterable[str],
    group_ids: Iterable[str] = (),
    left: Iterable[tuple[str, str]] = (),
    except_host: str | None = None,
) -> list[str]:
    """What hosts are told of the networks changed: ports, subnets, or the members of security groups.

    `left` are (network, host) pairs that ended with this change. Returns the networks that changed on `except_host`,
    which is not told. Nothing is sent to names that no host has: it would wait for ever.
    """
    groups, changed = sorted(set(group_ids)), set(network_ids)
    if groups:
        security_groups.hold(tx, groups)
        changed |= set(security_groups.networks_naming(tx, groups))
    gone = set(left)
    changed |= {network_id for network_id, _ in gone}
    if not changed:
        return []
    networks.bump(tx, changed)
    there = known(tx, {host for _, host in gone})
    places = sorted({*ports.places(tx, changed), *(each for each in gone if each[1] in there)})
    told = [(host, f"network/{network_id}") for network_id, host in places if host != except_host]
    ctx.cloud.operations.outbox.converge(tx, ctx, told)
    return [network_id for network_id, host in places if host == except_host]


def routers_changed(tx: Transaction, ctx: Context, router_ids: Iterable[str], left: Iterable[str] = ()) -> None:
    """What hosts are told of the routers changed. `left` are hosts that had them until now."""
    ids = sorted(set(router_ids))
    if not ids:
        return
    routers.bump(tx, ids)
    told = [
        (each, f"router/{router_id}")
        for router_id, host in routers.places(tx, ids)
        for each in sorted(({host} if host else set()) | set(left))
    ]
    ctx.cloud.operations.outbox.converge(tx, ctx, told)
