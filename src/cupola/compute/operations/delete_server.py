"""Deleting a server: it is to be gone from its host, then all that it held is given back.

Nothing of this is undone. A host that does not answer is not waited for: it hears of it when it comes back.
"""

from __future__ import annotations

from datetime import timedelta

from cupola.base import ledger, quota
from cupola.base.operations import Operation, Result, Run, Step
from cupola.compute.logic import nics
from cupola.compute.model.server import WANTED_GONE
from cupola.compute.model.states import DELETED, Power
from cupola.compute.operations.outcome import known
from cupola.compute.store import servers as store
from cupola.placement import interface as placement

PATIENCE = timedelta(seconds=60)


def unplug(run: Run) -> Result:
    """Want it gone, and wait a while for its host to make it so."""
    server = known(run)
    if server.host is None:
        return None
    store.tell(run.tx, server, wanted=WANTED_GONE)
    run.send(server.host, "converge", f"server/{server.id}")
    return {"host": server.host}


def release(run: Run) -> Result:
    """Give back quota, ports and claims; the row stays for whoever asks what happened."""
    server = known(run)
    if server.deleted_at is not None:
        return None
    taken = {"compute__instances": 1, "compute__cores": server.flavor["vcpus"], "compute__ram": server.flavor["ram"]}
    quota.hold(run.tx, server.project_id)
    ports = nics.release_in(run.tx, run.ctx, server)
    quota.give(run.tx, server.project_id, **taken, **ports)
    placement.release_in(run.tx, run.ctx, server.id)
    store.update(
        run.tx,
        server,
        vm_state=DELETED,
        task_state=None,
        power_state=Power.UNKNOWN,
        wanted=WANTED_GONE,
        admin_pass=None,
        user_data=None,
        deleted_at=run.tx.now,
    )
    ledger.transition(run.tx, run.ctx, "server", server.id, {"status": server.status}, None, server.project_id)
    return None


DELETE_SERVER = Operation(
    "compute.delete_server",
    "server",
    (Step(unplug, limit=PATIENCE, must_report=False), Step(release)),
    forward_only=True,
)
