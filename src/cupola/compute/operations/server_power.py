"""Starting and stopping a server: its wanted power changes, and its host makes it so."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.operations import Operation, Report, Result, Run, Step, StepFailed
from cupola.compute.model.server import WANTED_RUNNING, WANTED_SHUTDOWN
from cupola.compute.operations.outcome import known, mark_idle, settled
from cupola.compute.store import servers as store


def power_on(run: Run) -> Result:
    """Want it running."""
    return want(run, WANTED_RUNNING)


def power_off(run: Run) -> Result:
    """Want it shut down."""
    return want(run, WANTED_SHUTDOWN)


def want(run: Run, power: str) -> Result:
    """Have the server's host bring it to `power`."""
    server = known(run)
    if server.host is None:
        raise StepFailed("The server is on no host.")
    store.tell(run.tx, server, wanted=power)
    run.send(server.host, "converge", f"server/{server.id}")
    return {"host": server.host}


def seen(run: Run, reports: Sequence[Report]) -> Result:
    """Record the power its host saw."""
    power = reports[-1].result.get("power")
    settled(run, power, fault=None)
    return {"power": power}


def as_before(run: Run) -> None:
    """Undo: want the power it had, as something new: its host brings it back from wherever it stopped halfway."""
    server = known(run)
    if server.host is None:
        return
    store.tell(run.tx, server, wanted=run.params["before"])
    run.send(server.host, "converge", f"server/{server.id}", wait=False)


START_SERVER = Operation(
    "compute.start_server", "server", (Step(power_on, undo=as_before, reported=seen),), when_undone=mark_idle
)
STOP_SERVER = Operation(
    "compute.stop_server", "server", (Step(power_off, undo=as_before, reported=seen),), when_undone=mark_idle
)
