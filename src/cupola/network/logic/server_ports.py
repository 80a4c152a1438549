"""Ports of servers, for compute: bodies that take part in its transactions.

Making a port writes its row, its addresses and its groups, and nothing else; binding writes the port and the generation
of its network. Until it is bound no host hears of a port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import (
    ExternalNetworkAttachForbidden,
    NetworkAmbiguous,
    NetworkNotFound,
    NetworkRequiresSubnet,
    PortInUse,
    PortNotFound,
    PortNotUsable,
)
from cupola.network.logic import deletion
from cupola.network.logic.changes import networks_changed
from cupola.network.logic.plugging import add_port
from cupola.network.logic.scope import of_network, of_port, port_target
from cupola.network.logic.security_groups import resolve_in
from cupola.network.logic.server_views import described, server_ports
from cupola.network.model.network import Network
from cupola.network.model.port import ACTIVE, COMPUTE, DOWN, Port, PortDetail
from cupola.network.model.server_port import ServerPort, WantedPort
from cupola.network.model.subnet import Subnet
from cupola.network.store import networks, subnets
from cupola.network.store import ports as store
from cupola.network.store.tables import ports


@dataclass(frozen=True)
class Bound:
    """A server's ports on a host, and all networks whose documents there are new: the server requires them."""

    network_ids: tuple[str, ...]
    ports: tuple[ServerPort, ...]


@dataclass(frozen=True)
class Sockets:
    """What a server is plugged into, with all that its ports are made of: read once for all servers of a request."""

    wanted: tuple[WantedPort, ...]
    project_id: str
    networks: Mapping[str, Network]
    subnets: Mapping[str, Sequence[Subnet]]
    groups: tuple[str, ...]


def amounts(wanted: Sequence[WantedPort], servers: int = 1) -> Mapping[str, int]:
    """What `create_ports_in` needs of the quota, in the words of `quota.take`."""
    return {"network__port": servers * sum(each.port_id is None for each in wanted)}


def default_network_for(tx: Transaction, ctx: Context, project_id: str) -> Network | None:
    """The network that a server gets when none is named; None when the project has none.

    Raises NetworkAmbiguous when there are several.
    """
    found = networks.available_to(tx, project_id)
    if len(found) > 1:
        raise NetworkAmbiguous
    return found[0] if found else None


def wanted_networks(tx: Transaction, ctx: Context, project_id: str, wanted: Sequence[WantedPort]) -> list[WantedPort]:
    """Check what a server is to have before it is made; networks of existing ports are filled in.

    Raises NetworkNotFound, NetworkRequiresSubnet, ExternalNetworkAttachForbidden, PolicyForbids (to choose an address
    there), PortNotFound, PortNotUsable, PortInUse.
    """
    existing = store.by_ids(tx, [each.port_id for each in wanted if each.port_id])
    details = {detail.port.id: detail for detail in store.details(tx, list(existing.values()))}
    for each in wanted:
        if each.port_id is None:
            continue
        detail = details.get(each.port_id)
        if detail is None or not ctx.may("get_port", of_port(detail)):
            raise PortNotFound(each.port_id)
        if detail.port.project_id != project_id:
            raise PortNotUsable(each.port_id)
        if detail.port.device_id:
            raise PortInUse(each.port_id, detail.port.network_id, detail.port.device_id)
        if not detail.fixed_ips:
            raise NetworkRequiresSubnet(detail.port.network_id)
    _usable(tx, ctx, project_id, wanted)
    return [
        WantedPort(existing[each.port_id].network_id, each.port_id, each.fixed_ip, each.tag) if each.port_id else each
        for each in wanted
    ]


def _usable(
    tx: Transaction, ctx: Context, project_id: str, wanted: Sequence[WantedPort]
) -> tuple[dict[str, Network], dict[str, list[Subnet]]]:
    """The networks that ports are to be made in, and their subnets, by network id."""
    ids = {each.network_id for each in wanted if each.network_id and not each.port_id}
    found = networks.by_ids(tx, ids)
    served = subnets.of_networks(tx, found)
    for each in wanted:
        if each.port_id is None and each.network_id is not None:
            network = found.get(each.network_id)
            _require_usable(ctx, network, each.network_id, each.network_id in served)
            if network is not None and each.fixed_ip is not None:
                target = port_target(project_id, COMPUTE, network.project_id, network.shared)
                ctx.authorize("create_port:fixed_ips:ip_address", target)
    return found, served


def _require_usable(ctx: Context, network: Network | None, network_id: str, has_subnet: bool) -> None:
    if network is None or not ctx.may("get_network", of_network(network)):
        raise NetworkNotFound(network_id)
    if network.external and not network.shared and not ctx.may("context_is_admin", {}):
        raise ExternalNetworkAttachForbidden(network_id)
    if not has_subnet:
        raise NetworkRequiresSubnet(network_id)


def create_ports_in(
    tx: Transaction,
    ctx: Context,
    server_id: str,
    wanted: Sequence[WantedPort],
    *,
    project_id: str,
    security_groups: Sequence[str] = (),
    zone: str = "nova",
) -> list[ServerPort]:
    """Give a server its ports, in order, after those that it has: ports made now and ports that exist already.

    `security_groups` are ids or names, for the ports made now (none: the default group). The quota is the caller's to
    take. Returns the new ones.

    Raises what `wanted_networks` raises, SecurityGroupNotFound, SecurityGroupAmbiguous, IpAddressAlreadyAllocated,
    IpAddressGenerationFailure, InvalidIpForNetwork.
    """
    sockets = sockets_in(tx, ctx, wanted, project_id=project_id, security_groups=security_groups)
    return plug_in(tx, ctx, server_id, sockets, zone=zone)


def sockets_in(
    tx: Transaction,
    ctx: Context,
    wanted: Sequence[WantedPort],
    *,
    project_id: str,
    security_groups: Sequence[str] = (),
) -> Sockets:
    """What `plug_in` needs, however many servers get such ports in this transaction.

    Raises what `wanted_networks` raises, SecurityGroupNotFound, SecurityGroupAmbiguous.
    """
    wanted = wanted_networks(tx, ctx, project_id, wanted)
    found, served = _usable(tx, ctx, project_id, wanted)  # one may have gone meanwhile
    fresh = any(each.port_id is None for each in wanted)
    groups = resolve_in(tx, ctx, project_id, security_groups or ("default",)) if fresh else []
    return Sockets(tuple(wanted), project_id, found, served, tuple(groups))


def plug_in(tx: Transaction, ctx: Context, server_id: str, sockets: Sockets, *, zone: str = "nova") -> list[ServerPort]:
    """As `create_ports_in`, by what was read before."""
    before = store.of_devices(tx, [server_id])
    made: list[PortDetail] = []
    for index, each in enumerate(sockets.wanted, max((port.device_index + 1 for port in before), default=0)):
        if each.port_id is not None:
            _claim(tx, ctx, each.port_id, server_id, zone, index)
            continue
        network = sockets.networks[each.network_id or ""]
        detail = add_port(
            tx,
            ctx,
            network,
            sockets.subnets[network.id],
            sockets.project_id,
            [{"ip_address": each.fixed_ip}] if each.fixed_ip else None,
            sockets.groups if network.port_security_enabled else (),
            device_id=server_id,
            device_owner=f"{COMPUTE}{zone}",
            device_index=index,
            plugged=True,
            made_for=server_id,
        )
        made.append(detail)
    if len(made) < len(sockets.wanted):
        return server_ports(tx, store.of_devices(tx, [server_id])[len(before) :])
    return described([each.port for each in made], sockets.networks, {each.port.id: each.fixed_ips for each in made})


def _claim(tx: Transaction, ctx: Context, port_id: str, server_id: str, zone: str, index: int) -> None:
    """Let an existing port be the server's; compare-and-swap sees to it that only one server gets it."""
    port = store.by_id(tx, port_id)
    if port is None:
        raise PortNotFound(port_id)
    if port.device_id:
        raise PortInUse(port_id, port.network_id, port.device_id)
    rows.update(
        tx,
        ports,
        port,
        device_id=server_id,
        device_owner=f"{COMPUTE}{zone}",
        device_index=index,
        plugged=True,
        updated_at=tx.now,
    )
    if port.host is not None:  # bound before it was anybody's: binding it to that host again will tell nobody
        networks_changed(tx, ctx, [port.network_id])


def bind_ports_in(tx: Transaction, ctx: Context, server_id: str, host: str, announce: bool = True) -> Bound:
    """Bind all ports of a server to a host, and tell the hosts of their networks.

    Without `announce` that host itself is not told: the message for its server brings the networks along.
    """
    found = store.of_devices(tx, [server_id])
    moved = [port for port in found if port.host != host]
    bound = {port.id: rows.update(tx, ports, port, host=host, status=DOWN, updated_at=tx.now) for port in moved}
    left = {(port.network_id, port.host) for port in moved if port.host is not None}
    groups = _groups(tx, moved)
    here = networks_changed(
        tx, ctx, {port.network_id for port in moved}, groups, left, except_host=None if announce else host
    )
    network_ids = sorted({*here, *(port.network_id for port in found)})
    return Bound(tuple(network_ids), tuple(server_ports(tx, [bound.get(port.id, port) for port in found])))


def unbind_ports_in(tx: Transaction, ctx: Context, server_id: str) -> None:
    """Take a server's ports off their host (undo of `bind_ports_in`); nothing happens to those that are on none."""
    found = [port for port in store.of_devices(tx, [server_id]) if port.host is not None]
    for port in found:
        rows.update(tx, ports, port, host=None, status=DOWN, updated_at=tx.now)
    _tell_left(tx, ctx, found)


def _tell_left(tx: Transaction, ctx: Context, found: Sequence[Port]) -> None:
    left = {(port.network_id, port.host) for port in found if port.host is not None}
    networks_changed(tx, ctx, (), _groups(tx, found) if left else (), left)


def _groups(tx: Transaction, found: Sequence[Port]) -> set[str]:
    return {group for bound in store.groups_of(tx, [port.id for port in found]).values() for group in bound}


def activate_ports_in(tx: Transaction, server_id: str) -> int:
    """Note that the server's ports carry traffic: its host reported it running. Returns how many changed."""
    return store.set_status(tx, ACTIVE, ports.c.device_id == server_id, ports.c.plugged, ports.c.host.is_not(None))


def delete_ports_of(tx: Transaction, ctx: Context, server_id: str) -> Mapping[str, int]:
    """Delete the ports made for a server and let go of the others; repeating it does nothing.

    Returns what to give back to the project's quota, in the words of `quota.give`.
    """
    return _let_go(tx, ctx, store.of_devices(tx, [server_id]))


def delete_port_in(tx: Transaction, ctx: Context, server_id: str, port_id: str) -> Mapping[str, int]:
    """Take one port from a server (detach). Raises PortNotFound. Returns as `delete_ports_of`."""
    found = [port for port in store.of_devices(tx, [server_id]) if port.id == port_id]
    if not found:
        raise PortNotFound(port_id)
    return _let_go(tx, ctx, found)


def _let_go(tx: Transaction, ctx: Context, found: Sequence[Port]) -> Mapping[str, int]:
    gone = [port for port in found if port.made_for == port.device_id]
    kept = [port for port in found if port.made_for != port.device_id]
    for port in kept:
        freed = {"device_id": "", "device_owner": "", "device_index": 0, "plugged": False, "host": None, "status": DOWN}
        rows.update(tx, ports, port, updated_at=tx.now, **freed)
    _tell_left(tx, ctx, kept)
    deletion.ports_in(tx, ctx, gone)
    return {"network__port": len(gone)}
