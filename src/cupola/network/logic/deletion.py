"""What goes when a port or a network goes."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import NetworkInUse
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.model.network import Network
from cupola.network.model.port import DHCP, Port
from cupola.network.store import floating_ips, ports, subnets, tables, tags


def ports_in(tx: Transaction, ctx: Context, gone: Sequence[Port]) -> None:
    """Delete ports (quota is the caller's to give back): floating IPs come loose, hosts are told."""
    if not gone:
        return
    ids = [port.id for port in gone]
    groups = {group for bound in ports.groups_of(tx, ids).values() for group in bound}
    routers = floating_ips.loosen(tx, ids)
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


def network_in(tx: Transaction, ctx: Context, network: Network) -> None:
    """Delete a network with its subnets and DHCP. Raises NetworkInUse while other ports are on it."""
    found = ports.of_networks(tx, [network.id])
    if used := [port.id for port in found if port.device_owner != DHCP]:
        raise NetworkInUse(network.id, used)
    of_network = subnets.of_network(tx, network.id)
    give_ports_back(tx, found)
    for project_id in sorted({subnet.project_id for subnet in of_network}):
        quota.give(tx, project_id, network__subnet=sum(each.project_id == project_id for each in of_network))
    quota.give(tx, network.project_id, network__network=1)
    ports_in(tx, ctx, found)
    rows.remove(tx, tables.subnets, tables.subnets.c.network_id == network.id)
    rows.remove(tx, tables.networks, tables.networks.c.id == network.id)
    tags.remove_of(tx, [network.id, *(subnet.id for subnet in of_network)])
