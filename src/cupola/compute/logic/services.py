"""Compute's services: seen, enabled, disabled, forced down and removed by administrators."""

from __future__ import annotations

import contextlib
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Conflict, NotFound
from cupola.compute.model.service import COMPUTE, CONDUCTOR, SCHEDULER, ComputeService, ServiceState
from cupola.compute.store import services as store
from cupola.placement import interface as placement


class ServiceNotFound(NotFound):
    def __init__(self, service_id: str) -> None:
        super().__init__(f"Service {service_id} could not be found.")


class BinaryNotFound(NotFound):
    def __init__(self, binary: str, host: str) -> None:
        super().__init__(f"Could not find binary {binary} on host {host}.")


class NotForThisService(BadInput):
    """Only hosts take servers, so only they can be enabled, disabled or forced down."""

    def __init__(self, binary: str) -> None:
        super().__init__(f"Updating a {binary} service is not supported. Only nova-compute services can be updated.")


class HasServers(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
        )


def listed(ctx: Context) -> list[ServiceState]:
    """All services, in the order they came."""
    return ctx.read("service.list", store.states)


def update(ctx: Context, service_id: str, **changes: Any) -> ServiceState:
    """Change what an administrator may of a host's service. Raises ServiceNotFound or NotForThisService."""

    def write(tx: Transaction) -> ServiceState:
        service = store.by_id(tx, service_id)
        if service is None:
            raise ServiceNotFound(service_id)
        return _written(tx, service, changes)

    return ctx.transact("service.update", write)


def update_on(ctx: Context, host: str, binary: str, **changes: Any) -> ServiceState:
    """The same, by host and binary. Raises BinaryNotFound or NotForThisService."""

    def write(tx: Transaction) -> ServiceState:
        service = store.find(tx, host, binary)
        if service is None:
            raise BinaryNotFound(binary, host)
        return _written(tx, service, changes)

    return ctx.transact("service.update", write)


def _written(tx: Transaction, service: ComputeService, changes: dict[str, Any]) -> ServiceState:
    if service.binary != COMPUTE:
        raise NotForThisService(service.binary)
    store.write(tx, service, **changes)
    return next(state for state in store.states(tx) if state.service.id == service.id)


def remove(ctx: Context, service_id: str) -> None:
    """Forget a service, and the host's inventory with it; it comes back when its agent is started anew.

    `service_id` is the id, or before 2.53 the number. Raises ServiceNotFound or HasServers.
    """

    def write(tx: Transaction) -> None:
        found = [
            state.service for state in store.states(tx) if service_id in (state.service.id, str(state.service.number))
        ]
        if not found:
            raise ServiceNotFound(service_id)
        if found[0].binary == COMPUTE:
            if placement.usages_in(tx).get(found[0].id):
                raise HasServers
            placement.withdraw_in(tx, found[0].id)
        store.remove_service(tx, found[0].id)

    ctx.transact("service.delete", write)


def conductor_seen(ctx: Context, host: str) -> None:
    """Note that the conductor is at work on a host, and the scheduler, which is a part of it."""

    def write(tx: Transaction) -> None:
        for binary in (CONDUCTOR, SCHEDULER):
            service = store.find(tx, host, binary) or store.insert_service(tx, ctx.ids.uuid(), host, binary)
            store.seen(tx, service.id)

    with contextlib.suppress(Duplicate):  # another conductor of this machine came first
        ctx.transact("service.seen", write)
