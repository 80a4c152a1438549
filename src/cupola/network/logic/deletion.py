"""What goes when a port or a network goes."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import NetworkInUse
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.model.floating_ip import FloatingIp
from cupola.network.model.network import Network
from cupola.network.model.port import DHCP, Port
from cupola.network.store import floating_ips, ports, subnets, tables, tags


def ports_in(tx: Transaction, ctx: Context, gone: Sequence[Port]) -> None:
    """Delete ports (quota is the caller's to give back): floating IPs come loose, hosts are told."""
    if not gone:
        return
    ids = [port.id for port in gone]
    groups = {group for bound in ports.groups_of(tx, ids).values() for group in bound}
    routers = floating_ips.loosen(tx, floating_ips.of_ports(tx, ids))
    ports.remove(tx, ids)
    tags.remove_of(tx, ids)
    bound = [port for port in gone if port.host is not None]
    if bound:
        left = {(port.network_id, str(port.host)) for port in bound}
        networks_changed(tx, ctx, [port.network_id for port in bound], groups, left)
    routers_changed(tx, ctx, routers)


def give_ports_back(tx: Transaction, gone: Sequence[Port]) -> None:
    """Give quota of deleted ports back to their projects; ports of no project were never counted."""
    for project_id in sorted({port.project_id for port in gone} - {""}):
        quota.give(tx, project_id, network__port=sum(port.project_id == project_id for port in gone))


def _floating_ips_in(tx: Transaction, gone: Sequence[FloatingIp]) -> None:
    """Delete floating IPs that lead nowhere. Their ports go with the network."""
    for project_id in sorted({floating.project_id for floating in gone}):
        quota.give(tx, project_id, network__floatingip=sum(each.project_id == project_id for each in gone))
    ids = [floating.id for floating in gone]
    rows.remove(tx, tables.floating_ips, tables.floating_ips.c.id.in_(ids), seen=len(ids))
    tags.remove_of(tx, ids)


def network_in(tx: Transaction, ctx: Context, network: Network) -> None:
    """Delete a network with its subnets, DHCP and idle floating IPs. Raises NetworkInUse if more ports are on it."""
    idle = [floating for floating in floating_ips.of_network(tx, network.id) if floating.port_id is None]
    found, carriers = ports.of_networks(tx, [network.id]), {floating.floating_port_id for floating in idle}
    if used := [port.id for port in found if port.device_owner != DHCP and port.id not in carriers]:
        raise NetworkInUse(network.id, used)
    _floating_ips_in(tx, idle)
    of_network = subnets.of_network(tx, network.id)
    give_ports_back(tx, found)
    for project_id in sorted({subnet.project_id for subnet in of_network}):
        quota.give(tx, project_id, network__subnet=sum(each.project_id == project_id for each in of_network))
    quota.give(tx, network.project_id, network__network=1)
    ports_in(tx, ctx, found)
    rows.remove(tx, tables.subnets, tables.subnets.c.network_id == network.id, seen=len(of_network))
    rows.remove(tx, tables.networks, tables.networks.c.id == network.id, seen=1)
    tags.remove_of(tx, [network.id, *(subnet.id for subnet in of_network)])
