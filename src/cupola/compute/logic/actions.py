"""What was done to a server: a view of its operations and their steps, under the names that clients know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cupola.base.context import Context
from cupola.base.db.paging import BadMarker
from cupola.base.db.transaction import Transaction
from cupola.base.operations.history import PastOperation, PastStep, operations_on, steps_of
from cupola.compute.errors import ItemNotFound
from cupola.compute.logic.lookup import server_in
from cupola.compute.model.server import Server
from cupola.compute.policies import server_parts as policies

NAMES = {
    "compute.create_server": "create",
    "compute.delete_server": "delete",
    "compute.start_server": "start",
    "compute.stop_server": "stop",
    "compute.reboot_server": "reboot",
    "compute.lock_server": "lock",
    "compute.unlock_server": "unlock",
    "compute.reset_state": "resetState",
    "compute.attach_interface": "attach_interface",
    "compute.detach_interface": "detach_interface",
}

EVENTS = {
    "schedule": "conductor_schedule_instances",
    "spawn": "compute__do_build_and_run_instance",
    "unplug": "compute_terminate_instance",
    "release": "compute_release_resources",
    "power_on": "compute_start_instance",
    "power_off": "compute_stop_instance",
    "restart": "compute_reboot_instance",
    "plug_interface": "compute_attach_interface",
    "unplug_interface": "compute_detach_interface",
    "release_interface": "compute_release_interface",
    "lock": "api_lock",
    "unlock": "api_unlock",
}
"""Step → event. An undo is an event of its own."""

AT_ONCE = {"compute.lock_server": "lock", "compute.unlock_server": "unlock"}
"""Operations without steps that clients expect an event of."""


@dataclass(frozen=True)
class Window:
    """Which actions of a server are asked for."""

    limit: int | None = None
    marker: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class Action:
    """One thing that was done, with its steps where they were asked for."""

    server: Server
    operation: PastOperation
    steps: Sequence[PastStep] = ()

    @property
    def name(self) -> str:
        return NAMES.get(self.operation.name, self.operation.name)


def listed(ctx: Context, server_id: str, window: Window, deleted: bool) -> list[Action]:
    """What was done to a server, newest first; with `deleted` also of one that is gone. Raises BadMarker."""

    def read(tx: Transaction) -> list[Action]:
        server = server_in(tx, ctx, policies.ACTIONS_LIST, server_id, deleted=deleted)
        found = operations_on(tx, server_id)
        if window.marker is not None:
            places = [place for place, past in enumerate(found) if past.request_id == window.marker]
            if not places:
                raise BadMarker(window.marker)
            found = found[places[-1] + 1 :]
        found = [past for past in found if window.since is None or past.changed_at >= window.since]
        found = [past for past in found if window.before is None or past.changed_at <= window.before]
        return [Action(server, past) for past in found[: window.limit]]

    return ctx.read("server.actions", read)


def show(ctx: Context, server_id: str, request_id: str, deleted: bool) -> Action:
    """What one request did to a server, with its steps. Raises ServerNotFound or ItemNotFound."""

    def read(tx: Transaction) -> Action:
        server = server_in(tx, ctx, policies.ACTIONS_SHOW, server_id, deleted=deleted)
        for past in operations_on(tx, server_id):
            if past.request_id == request_id:
                return Action(server, past, _steps_in(tx, server, past))
        raise ItemNotFound(f"Action {request_id} not found")

    return ctx.read("server.action", read)


def _steps_in(tx: Transaction, server: Server, past: PastOperation) -> list[PastStep]:
    if past.name in AT_ONCE:
        return [PastStep(AT_ONCE[past.name], "do", "done", None, server.host, past.created_at, past.ended_at)]
    return steps_of(tx, past.id)
