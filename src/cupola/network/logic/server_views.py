"""What compute shows of its servers' ports: a fixed number of statements, however many servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from sqlalchemy import or_, select

from cupola.base.db.transaction import Transaction
from cupola.network.model.network import Network
from cupola.network.model.port import COMPUTE, ROUTER_INTERFACE, FixedIp, Port
from cupola.network.model.server_port import Belonging, ServerAddress, ServerPort
from cupola.network.store import floating_ips, networks, security_groups
from cupola.network.store import ports as store
from cupola.network.store.tables import ip_allocations, ports


def server_ports(tx: Transaction, found: Sequence[Port]) -> list[ServerPort]:
    of = networks.by_ids(tx, {port.network_id for port in found}) if found else {}
    return described(found, of, store.fixed_ips_of(tx, [port.id for port in found]))


def described(
    found: Sequence[Port], of: Mapping[str, Network], addresses: Mapping[str, tuple[FixedIp, ...]]
) -> list[ServerPort]:
    """Ports of servers, made of them, their networks by id, and their addresses by port."""
    return [
        ServerPort(
            port_id=port.id,
            server_id=port.device_id,
            network_id=port.network_id,
            network_name=of[port.network_id].name,
            mac=port.mac_address,
            tap=port.tap,
            mtu=of[port.network_id].mtu,
            status=port.status,
            host=port.host,
            fixed_ips=addresses.get(port.id, ()),
            made_for_server=port.made_for == port.device_id,
        )
        for port in found
    ]


def ports_of(tx: Transaction, server_ids: Sequence[str]) -> dict[str, list[ServerPort]]:
    """Ports by server, in the order of its interfaces."""
    found: dict[str, list[ServerPort]] = {server_id: [] for server_id in server_ids}
    for port in server_ports(tx, store.of_devices(tx, server_ids)):
        found[port.server_id].append(port)
    return found


def ports_of_servers(tx: Transaction) -> dict[str, Belonging]:
    """All ports that belong to servers, or were made for one, by id."""
    belongs = or_(ports.c.plugged & ports.c.device_owner.startswith(COMPUTE), ports.c.made_for.is_not(None))
    return {port.id: Belonging(port.id, port.device_id, port.made_for, port.host) for port in store.where(tx, belongs)}


def addresses_of(tx: Transaction, server_ids: Sequence[str]) -> dict[str, list[ServerAddress]]:
    """Addresses by server, in the order of its interfaces; each fixed one is followed by its floating one."""
    found: dict[str, list[ServerAddress]] = {server_id: [] for server_id in server_ids}
    plugged = server_ports(tx, store.of_devices(tx, server_ids))
    leading = {
        (each.port_id, each.fixed_ip_address): each.floating_ip_address
        for each in floating_ips.of_ports(tx, [port.port_id for port in plugged])
    }
    for port in plugged:
        for fixed in port.fixed_ips:
            pairs = [(fixed.ip_address, "fixed")]
            if floating := leading.get((port.port_id, fixed.ip_address)):
                pairs.append((floating, "floating"))
            for address, kind in pairs:
                version = ip_address(address).version
                found[port.server_id].append(
                    ServerAddress(port.network_name, address, version, port.mac, kind, port.port_id)
                )
    return found


def security_groups_of(tx: Transaction, server_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(id, name) of the groups of each server's ports, without repeats."""
    plugged = store.of_devices(tx, server_ids)
    bound = store.groups_of(tx, [port.id for port in plugged])
    groups = security_groups.by_ids(tx, {id_ for ids in bound.values() for id_ in ids})
    found: dict[str, list[tuple[str, str]]] = {server_id: [] for server_id in server_ids}
    for port in plugged:
        for id_ in bound.get(port.id, ()):
            pair = (id_, groups[id_].name)
            if pair not in found[port.device_id]:
                found[port.device_id].append(pair)
    return found


def server_by_address(tx: Transaction, where: str, address: str) -> str | None:
    """The server that has `address` on a network, or on a network that a router joins ("network/id" or "router/id")."""
    kind, _, id_ = where.partition("/")
    query = (
        select(ports.c.device_id)
        .select_from(ip_allocations.join(ports, ports.c.id == ip_allocations.c.port_id))
        .where(ip_allocations.c.address == address, ports.c.plugged, ports.c.device_owner.startswith(COMPUTE))
    )
    if kind == "network":
        query = query.where(ports.c.network_id == id_)
    else:
        joined = select(ports.c.network_id).where(
            ports.c.device_id == id_, ports.c.plugged, ports.c.device_owner == ROUTER_INTERFACE
        )
        query = query.where(ports.c.network_id.in_(joined))
    found = tx.all(query)
    return found[0]["device_id"] if len(found) == 1 else None


def servers_with_address(tx: Transaction, part: str, version: int | None = None) -> list[str]:
    """Servers with an address that contains `part`, of one IP version or any."""
    query = (
        select(ports.c.device_id)
        .select_from(ip_allocations.join(ports, ports.c.id == ip_allocations.c.port_id))
        .where(ip_allocations.c.address.contains(part, autoescape=True))
        .where(ports.c.plugged, ports.c.device_owner.startswith(COMPUTE))
    )
    if version is not None:
        colon = ip_allocations.c.address.contains(":")
        query = query.where(colon if version == 6 else ~colon)
    return sorted({row["device_id"] for row in tx.all(query)})
