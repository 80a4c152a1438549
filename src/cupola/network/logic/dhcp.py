"""The DHCP port of a network: there while a subnet of the network wants DHCP, with an address in each such subnet."""

from __future__ import annotations

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import deletion
from cupola.network.logic.addresses import choose
from cupola.network.logic.changes import networks_changed
from cupola.network.logic.hosts import network_host
from cupola.network.logic.plugging import add_port
from cupola.network.model.network import Network
from cupola.network.model.port import DHCP, FixedIp
from cupola.network.store import ports, subnets


def serve_in(tx: Transaction, ctx: Context, network: Network) -> bool:
    """Bring the DHCP port to what the network's subnets want. Returns whether hosts were told of a change."""
    of_network = subnets.of_network(tx, network.id)
    served = [subnet for subnet in of_network if subnet.enable_dhcp]
    found = ports.with_owner(tx, network.id, DHCP)
    if not served:
        deletion.give_ports_back(tx, found)
        deletion.ports_in(tx, ctx, found)
        return bool(found)
    wanted = [{"subnet_id": subnet.id} for subnet in served]
    if not found:
        quota.take(tx, LIMITS_OF, network.project_id, network__port=1)
        add_port(
            tx, ctx, network, of_network, network.project_id, wanted,
            device_id=f"dhcp-{network.id}", device_owner=DHCP, host=network_host(tx), port_security_enabled=False,
        )  # fmt: skip
        networks_changed(tx, ctx, [network.id])
        return True
    port = found[0]
    kept = ports.fixed_ips_of(tx, [port.id]).get(port.id, ())
    chosen = choose(tx, network.id, of_network, port.id, port.mac_address, wanted, kept)
    if set(chosen) == set(kept):
        return False
    _exchange(tx, port.id, chosen)
    networks_changed(tx, ctx, [network.id], ports.groups_of(tx, [port.id]).get(port.id, ()))
    return True


def _exchange(tx: Transaction, port_id: str, chosen: list[FixedIp]) -> None:
    subnets.take_back(tx, [port_id])
    subnets.give(tx, port_id, chosen)
