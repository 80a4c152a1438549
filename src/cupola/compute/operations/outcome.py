"""What operations on servers have in common: reading their server, and saying on it how they failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.clock import iso
from cupola.base.operations import Run, StepFailed
from cupola.compute.logic.servers import announce, moved
from cupola.compute.model.server import WANTED_RUNNING, WANTED_SHUTDOWN, Server
from cupola.compute.model.states import ACTIVE, ERROR, POWER_OF, STOPPED, Power
from cupola.compute.store import servers as store


def known(run: Run) -> Server:
    """The operation's server, kept from other writers until the step commits."""
    server = store.find(run.tx, run.resource_id, lock=True)
    if server is None:
        raise StepFailed(f"Server {run.resource_id} is not recorded.")
    return server


def fault(run: Run, error: Mapping[str, Any]) -> dict[str, Any]:
    """The fault that a server shows: the message for its owner, step and operation for an administrator."""
    step = f"step {error.get('step')} of {run.operation_id}"
    return {
        "code": 500,
        "created": iso(run.tx.now),
        "message": error["message"],
        "details": f"{error.get('code')} in {step} (request {run.ctx.request_id})",
    }


def settled(run: Run, power: str | None, **changes: Any) -> None:
    """The server rests where its host saw it. One that went down by itself is wanted down from now on."""
    server = known(run)
    seen = POWER_OF.get(power or "", Power.UNKNOWN)
    down = seen in (Power.SHUTDOWN, Power.CRASHED)
    changes |= {"vm_state": STOPPED if down else ACTIVE, "task_state": None, "power_state": seen}
    if down and server.wanted == WANTED_RUNNING:
        after = store.tell(run.tx, server, wanted=WANTED_SHUTDOWN, **changes)
        announce(run.tx, run.ctx, after)
    else:
        after = store.update(run.tx, server, **changes)
    moved(run.tx, run.ctx, server, after)


def mark_error(run: Run, error: Mapping[str, Any]) -> None:
    """The server is in ERROR, and says why."""
    server = known(run)
    after = store.update(run.tx, server, vm_state=ERROR, task_state=None, admin_pass=None, fault=fault(run, error))
    moved(run.tx, run.ctx, server, after)


def mark_idle(run: Run, error: Mapping[str, Any]) -> None:
    """The action failed and the server is as it was; the reason is kept with the operation."""
    server = known(run)
    after = store.update(run.tx, server, task_state=None)
    moved(run.tx, run.ctx, server, after)
