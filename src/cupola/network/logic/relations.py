"""What things of the network belong to: a port to its server or router, a floating IP to its port."""

from __future__ import annotations

from cupola.base.db.transaction import Transaction
from cupola.network.store import floating_ips, ports


def relates(tx: Transaction, id_: str) -> list[str]:
    """Ids of the things that the thing `id_` belongs to; none for what is not of the network."""
    if (port := ports.by_id(tx, id_)) is not None:
        return [each for each in (port.device_id, port.network_id) if each]
    if (floating := floating_ips.by_id(tx, id_)) is not None:
        return [each for each in (floating.port_id, floating.router_id) if each]
    return []
