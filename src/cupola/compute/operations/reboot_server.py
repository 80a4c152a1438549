"""Rebooting a server: a command to its host; one that is not wanted running is started instead."""

from __future__ import annotations

from cupola.base.operations import Operation, Result, Run, Step, StepFailed
from cupola.compute.model.server import WANTED_RUNNING
from cupola.compute.operations.outcome import known, mark_idle
from cupola.compute.operations.server_power import as_before, seen, want


def restart(run: Run) -> Result:
    """Ask its host to reboot it."""
    server = known(run)
    if server.host is None:
        raise StepFailed("The server is on no host.")
    if server.wanted != WANTED_RUNNING:
        return want(run, WANTED_RUNNING)
    run.send(server.host, "command", f"server/{server.id}", {"verb": "reboot", "hard": run.params["hard"]})
    return {"host": server.host}


REBOOT_SERVER = Operation(
    "compute.reboot_server", "server", (Step(restart, undo=as_before, reported=seen),), when_undone=mark_idle
)
