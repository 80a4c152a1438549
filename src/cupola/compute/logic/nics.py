"""The ports of a server, as the network service keeps them for compute: chosen, made, bound, let go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput, NotFound
from cupola.compute.errors import BadRequest
from cupola.compute.model.listing import Listing
from cupola.compute.model.request import ServerRequest
from cupola.compute.model.server import Nic, Server
from cupola.network import interface as network
from cupola.network.interface import Sockets, WantedPort


@contextlib.contextmanager
def named_by_caller() -> Iterator[None]:
    """What the request names and is not there, or will not do, is the request's fault."""
    try:
        yield
    except network.SecurityGroupNotFound as error:
        raise BadRequest(f"Unable to find security_group: {error.message}") from error
    except (NotFound, BadInput, network.IpAddressAlreadyAllocated, network.IpAddressGenerationFailure) as error:
        raise BadRequest(error.message) from error


def chosen_in(tx: Transaction, ctx: Context, request: ServerRequest) -> list[WantedPort]:
    """What a server is to be plugged into: what was named, or the one network that the project can use.

    Raises BadRequest, NetworkAmbiguous, PortInUse, ExternalNetworkAttachForbidden.
    """
    project_id, asked = ctx.project_id or "", request.networks
    if asked is None or isinstance(asked, str):
        if asked == "none":
            return []
        found = network.default_network_for(tx, ctx, project_id)
        if found is None and asked == "auto":
            raise BadRequest(f"Unable to automatically allocate a network for project {project_id}")
        wanted = [] if found is None else [WantedPort(found.id)]
    else:
        wanted = [WantedPort(nic.network_id, nic.port_id, nic.fixed_ip, nic.tag) for nic in asked]
    with named_by_caller():
        return network.wanted_networks(tx, ctx, project_id, wanted)


def amounts(wanted: Sequence[WantedPort], servers: int = 1) -> Mapping[str, int]:
    """What they take of the project's quota, in the words of `quota.take`."""
    return network.amounts(wanted, servers)


def sockets_in(
    tx: Transaction,
    ctx: Context,
    wanted: Sequence[WantedPort],
    security_groups: Sequence[str] = (),
    project_id: str | None = None,
) -> Sockets | None:
    """What all servers of a request are plugged into (of the caller's project, or of `project_id`); None: nothing.

    Raises what the network service says of what cannot be had.
    """
    if not wanted:
        return None
    project = project_id or ctx.project_id or ""
    return network.sockets_in(tx, ctx, wanted, project_id=project, security_groups=security_groups)


def plug_in(
    tx: Transaction, ctx: Context, server_id: str, sockets: Sockets | None, zone: str | None = None
) -> list[Nic]:
    """Make, or take, the ports of a server. Raises what the network service says of those that cannot be had."""
    if sockets is None:
        return []
    made = network.plug_in(tx, ctx, server_id, sockets, zone=zone or "nova")
    return [
        Nic(port.port_id, port.network_id, port.mac, port.mtu, asked.tag)
        for port, asked in zip(made, sockets.wanted, strict=True)
    ]


def bind_in(tx: Transaction, ctx: Context, server: Server, host: str) -> list[str]:
    """Bind a server's ports to its host, which is not told: the message for the server brings these networks along."""
    return list(network.bind_ports_in(tx, ctx, server.id, host, announce=False).network_ids)


def unbind_in(tx: Transaction, ctx: Context, server: Server) -> None:
    """Take its ports off their host."""
    network.unbind_ports_in(tx, ctx, server.id)


def up_in(tx: Transaction, server: Server) -> None:
    """Its ports carry traffic now."""
    network.activate_ports_in(tx, server.id)


def release_in(tx: Transaction, ctx: Context, server: Server) -> Mapping[str, int]:
    """Delete the ports made for it and let go of the others; returns what to give back to the quota."""
    return network.delete_ports_of(tx, ctx, server.id)


def release_one_in(tx: Transaction, ctx: Context, server: Server, port_id: str) -> Mapping[str, int]:
    """The same for one port; nothing happens when the server has it no more."""
    if port_id not in {port.port_id for port in network.ports_of(tx, [server.id])[server.id]}:
        return {}
    return network.delete_port_in(tx, ctx, server.id, port_id)


def owners_of_address(ctx: Context, listing: Listing, parts: Mapping[int, str]) -> Listing:
    """The same listing, limited to servers with addresses that contain `parts` (by IP version)."""
    if not parts:
        return listing
    found = ctx.read(
        "server.addresses",
        lambda tx: [set(network.servers_with_address(tx, part, version)) for version, part in parts.items()],
    )
    return listing.limited_to(sorted(set.intersection(*found)))
