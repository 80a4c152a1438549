"""A server's ports: seen, attached, detached."""

from __future__ import annotations

from dataclasses import asdict

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.errors import BadRequest, ItemNotFound
from cupola.compute.logic import nics
from cupola.compute.logic.create_servers import COUNTED
from cupola.compute.logic.lookup import require_state, require_unlocked, server_in
from cupola.compute.model.server import Server
from cupola.compute.policies import server_parts as policies
from cupola.network import interface as network
from cupola.network.interface import ServerPort, WantedPort


def listed(ctx: Context, server_id: str) -> list[tuple[ServerPort, str | None]]:
    """The server's ports with their tags, in the guest's order."""

    def read(tx: Transaction) -> list[tuple[ServerPort, str | None]]:
        return _ports_in(tx, server_in(tx, ctx, policies.INTERFACES_LIST, server_id))

    return ctx.read("server.interfaces", read)


def show(ctx: Context, rule: str, server_id: str, port_id: str) -> tuple[ServerPort, str | None]:
    """One of them. Raises ServerNotFound or ItemNotFound."""

    def read(tx: Transaction) -> tuple[ServerPort, str | None]:
        for port, tag in _ports_in(tx, server_in(tx, ctx, rule, server_id)):
            if port.port_id == port_id:
                return port, tag
        raise ItemNotFound(f"Instance {server_id} does not have a port with id {port_id}")

    return ctx.read("server.interface", read)


def _ports_in(tx: Transaction, server: Server) -> list[tuple[ServerPort, str | None]]:
    tags = {nic.port_id: nic.tag for nic in server.interfaces}
    return [(port, tags.get(port.port_id)) for port in network.ports_of(tx, [server.id])[server.id]]


def attach(ctx: Context, server_id: str, wanted: WantedPort | None) -> str:
    """Plug a port, or a new one on a network (None: the project's one network), into a server; returns its id.

    Raises ServerNotFound, ServerLocked, WrongState, BadRequest, PortInUse, NetworkAmbiguous, OverQuota.
    """

    def write(tx: Transaction) -> str:
        server = server_in(tx, ctx, policies.INTERFACES_CREATE, server_id, lock=True)
        require_unlocked(ctx, server)
        require_state(server, "attach_interface")
        asked = _wanted_in(tx, ctx, wanted, server.project_id)
        quota.take(tx, COUNTED, server.project_id, **nics.amounts([asked]))
        sockets = nics.sockets_in(tx, ctx, [asked], project_id=server.project_id)
        (nic,) = nics.plug_in(tx, ctx, server.id, sockets, server.availability_zone)
        ctx.cloud.operations.submit(tx, ctx, "compute.attach_interface", server.id, {"nic": asdict(nic)})
        return nic.port_id

    return ctx.transact("server.attach_interface", write)


def _wanted_in(tx: Transaction, ctx: Context, wanted: WantedPort | None, project_id: str) -> WantedPort:
    if wanted is not None:
        return wanted
    found = network.default_network_for(tx, ctx, project_id)
    if found is None:
        raise BadRequest("No free port: the project has no network to attach to.")
    return WantedPort(found.id)


def detach(ctx: Context, server_id: str, port_id: str) -> None:
    """Take a port out of a server. Raises ServerNotFound, ItemNotFound, ServerLocked or WrongState."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.INTERFACES_DELETE, server_id, lock=True)
        ids = [nic["port_id"] for nic in server.nics]
        if port_id not in ids:
            raise ItemNotFound(f"Instance {server_id} does not have a port with id {port_id}")
        require_unlocked(ctx, server)
        require_state(server, "detach_interface")
        place = ids.index(port_id)
        params = {"place": place, "nic": dict(server.nics[place])}
        ctx.cloud.operations.submit(tx, ctx, "compute.detach_interface", server_id, params)

    ctx.transact("server.detach_interface", write)
