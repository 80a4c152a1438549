"""Making servers: the row, its ports, its quota and the operation that will build it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import OverQuota
from cupola.base.ids import hex_id
from cupola.compute.errors import BadRequest
from cupola.compute.logic import nics
from cupola.compute.logic.ordering import Parts, parts_in
from cupola.compute.model.limits import LIMITS
from cupola.compute.model.request import ServerRequest
from cupola.compute.model.server import WANTED_RUNNING, Nic, Server, hostname_of
from cupola.compute.model.states import BUILDING, SCHEDULING, Power
from cupola.compute.policies import servers as policies
from cupola.compute.store import servers as store
from cupola.network.interface import LIMITS as NETWORK_LIMITS
from cupola.network.interface import Sockets, WantedPort

OPERATION = "compute.create_server"
COUNTED = quota.Limits((*LIMITS, *NETWORK_LIMITS))
"""A server takes of both services in one write of the project's usage."""


@dataclass(frozen=True)
class Order:
    """What all servers of one request share."""

    request: ServerRequest
    parts: Parts
    reservation: str
    sockets: Sockets | None


def create(ctx: Context, request: ServerRequest) -> list[Server]:
    """Record the servers asked for and the work that will build each, or nothing.

    As many as the quota has room for are made, `min_count` at least. Raises BadRequest, NotForProjects,
    NetworkAmbiguous, OverQuota or PolicyForbids.
    """
    ids: list[str] = []  # the same when the transaction runs again
    reservation = f"r-{hex_id(ctx.ids)[:8]}"

    def write(tx: Transaction) -> list[Server]:
        _authorize(ctx, request)
        _check_count(request)
        parts = parts_in(tx, ctx, request)
        wanted = nics.chosen_in(tx, ctx, request)
        count = _take_quota(tx, ctx, parts, request, wanted)
        with nics.named_by_caller():
            sockets = nics.sockets_in(tx, ctx, wanted, request.security_groups)
        order = Order(request, parts, reservation, sockets)
        ids.extend(ctx.ids.uuid() for _ in range(count - len(ids)))
        return [_one_in(tx, ctx, order, ids[index], index) for index in range(count)]

    return ctx.transact("server.create", write)


def _authorize(ctx: Context, request: ServerRequest) -> None:
    ctx.authorize(policies.CREATE)
    if request.host is not None:
        ctx.authorize(policies.CREATE_FORCED_HOST if request.forced else policies.CREATE_REQUESTED)
    if request.networks not in (None, "auto", "none", ()):
        ctx.authorize(policies.CREATE_ATTACH_NETWORK)


def _check_count(request: ServerRequest) -> None:
    if request.min_count > request.max_count:
        raise BadRequest("min_count must be <= max_count")
    if request.max_count == 1 or not isinstance(request.networks, (list, tuple)):
        return
    if any(nic.port_id for nic in request.networks):
        raise BadRequest(
            "Unable to launch multiple instances with a single configured port ID. Please launch your "
            "instance one by one with different ports."
        )
    if any(nic.fixed_ip for nic in request.networks):
        raise BadRequest("Invalid fixed IP Address and max_count > 1: one address goes to one server.")


def _take_quota(
    tx: Transaction, ctx: Context, parts: Parts, request: ServerRequest, wanted: Sequence[WantedPort]
) -> int:
    """Take quota for as many servers as there is room for; returns how many."""
    count = request.max_count
    while True:
        try:
            quota.take(
                tx,
                COUNTED,
                ctx.project_id or "",
                compute__instances=count,
                compute__cores=count * parts.flavor["vcpus"],
                compute__ram=count * parts.flavor["ram"],
                **nics.amounts(wanted, count),
            )
        except OverQuota as error:
            if count == request.min_count:
                raise
            room = (error.limit - error.used) * count // error.asked  # at once: one less each time may take for ever
            count = max(request.min_count, min(room, count - 1))
        else:
            return count


def _one_in(tx: Transaction, ctx: Context, order: Order, server_id: str, index: int) -> Server:
    request = order.request
    zone = request.availability_zone
    # No transition is noted: the operation already says what began, when, and by which request.
    with nics.named_by_caller():
        ports = nics.plug_in(tx, ctx, server_id, order.sockets, zone)
    server = store.insert(tx, _row(tx, ctx, order, server_id, index, ports))
    ctx.cloud.operations.submit(tx, ctx, OPERATION, server_id, {"host": request.host})
    return server


def _row(tx: Transaction, ctx: Context, order: Order, server_id: str, index: int, ports: Sequence[Nic]) -> Server:
    request, parts = order.request, order.parts
    numbered = f"-{index + 1}" if request.max_count > 1 else ""
    name = request.name + numbered
    given: dict[str, Any] = {
        field: getattr(request, field)
        for field in (
            "description image_id key_name user_data config_drive availability_zone access_ip_v4 access_ip_v6 "
            "disk_config"
        ).split()
    }
    return Server(
        id=server_id,
        generation=1,
        project_id=ctx.project_id or "",
        user_id=ctx.user_id,
        name=name,
        hostname=request.hostname or hostname_of(name, server_id),
        vm_state=BUILDING,
        task_state=SCHEDULING,
        power_state=Power.UNKNOWN,
        host=None,
        wanted=WANTED_RUNNING,
        wanted_generation=0,
        image=parts.image,
        flavor_id=parts.flavor_id,
        flavor=parts.flavor,
        nics=[asdict(port) for port in ports],
        requires=[],
        key=parts.key,
        admin_pass=request.admin_pass if request.config_drive else None,
        metadata=dict(request.metadata),
        tags=list(request.tags),
        locked=False,
        locked_by=None,
        locked_reason=None,
        reservation_id=order.reservation,
        launch_index=index,
        fault=None,
        created_at=tx.now,
        updated_at=tx.now,
        launched_at=None,
        deleted_at=None,
        **given,
    )
