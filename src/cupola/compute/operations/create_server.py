"""Building a server: choose a host and claim what it takes there, then have the host start it."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.operations import Operation, Report, Result, Run, Step
from cupola.compute.errors import NoValidHost
from cupola.compute.logic import nics
from cupola.compute.logic.compute_hosts import choice_in
from cupola.compute.model.scheduling import Need
from cupola.compute.model.server import WANTED_GONE, WANTED_RUNNING
from cupola.compute.model.states import SCHEDULING, SPAWNING
from cupola.compute.operations.outcome import known, mark_error, settled
from cupola.compute.store import servers as store
from cupola.placement import interface as placement


def schedule(run: Run) -> Result:
    """Decide on a host and claim it. The decision is the result, for later steps and for whoever asks why."""
    server = known(run)
    resources = server.flavor["resources"]
    tried = frozenset(str(failure["results"].get("schedule", {}).get("chosen")) for failure in run.failures)
    traits = frozenset(server.flavor["traits"])
    need = Need(resources, traits, server.availability_zone, run.params["host"], tried)
    decision = choice_in(run.tx, need)
    if decision.chosen is None:
        raise NoValidHost(str(decision), run.failures)
    placement.claim_in(
        run.tx, run.ctx, server.id, decision.chosen.provider_id, resources, server.project_id, server.user_id
    )
    return decision.to_json()


def give_back(run: Run) -> None:
    """Undo of `schedule`."""
    placement.release_in(run.tx, run.ctx, run.resource_id)


def spawn(run: Run) -> Result:
    """Want the server on the chosen host, with its ports there first, and have the host make it so."""
    host = str(run.results["schedule"]["chosen"])
    server = known(run)
    changed = nics.bind_in(run.tx, run.ctx, server, host)
    store.tell(run.tx, server, host=host, wanted=WANTED_RUNNING, task_state=SPAWNING, requires=changed)
    run.send(host, "converge", f"server/{server.id}")
    return {"host": host}


def spawned(run: Run, reports: Sequence[Report]) -> Result:
    """The host has it; say what it saw."""
    nics.up_in(run.tx, known(run))
    power = reports[-1].result.get("power")
    settled(run, power, launched_at=run.tx.now, admin_pass=None)
    return {"power": power}


def clear(run: Run) -> None:
    """Undo of `spawn`: want it gone from the host, whenever that hears of it."""
    server = known(run)
    if server.host is None:
        return
    store.tell(run.tx, server, host=None, wanted=WANTED_GONE, task_state=SCHEDULING)
    run.send(server.host, "converge", f"server/{server.id}", wait=False)
    nics.unbind_in(run.tx, run.ctx, server)


CREATE_SERVER = Operation(
    "compute.create_server",
    "server",
    (
        Step(schedule, undo=give_back),
        Step(spawn, undo=clear, reported=spawned, retry=True),
    ),
    when_undone=mark_error,
    attempts=3,
)
