"""Who is a member of a security group, over all networks and hosts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cupola.base.db.transaction import Transaction
from cupola.network.store.tables import ip_allocations, port_security_groups, ports


def addresses_of(tx: Transaction, group_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Addresses of the ports that have each group and are on a host, with those they are allowed besides."""
    if not group_ids:
        return {}
    group = port_security_groups.c.security_group_id
    joined = port_security_groups.join(ports, ports.c.id == port_security_groups.c.port_id).outerjoin(
        ip_allocations, ip_allocations.c.port_id == ports.c.id
    )
    query = (
        select(group.label("group_id"), ip_allocations.c.address, ports.c.allowed_address_pairs)
        .select_from(joined)
        .where(group.in_(group_ids), ports.c.host.is_not(None))
    )
    found: dict[str, set[str]] = {}
    for group_id, address, pairs in tx.tuples(query):
        addresses = found.setdefault(group_id, set())
        if address is not None:
            addresses.add(address)
        for pair in pairs:
            addresses.add(pair["ip_address"])
    return {group_id: tuple(sorted(addresses)) for group_id, addresses in found.items()}
