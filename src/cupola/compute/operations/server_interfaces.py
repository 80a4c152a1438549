"""Plugging ports into a server, and taking them out, while it runs or is shut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cupola.base import quota
from cupola.base.operations import Operation, Report, Result, Run, Step, StepFailed
from cupola.compute.logic import nics
from cupola.compute.model.server import Server
from cupola.compute.operations.outcome import known
from cupola.compute.store import servers as store


def plug_interface(run: Run) -> Result:
    """Bind the new port to the server's host, and have the host plug it in."""
    server = known(run)
    if server.host is None:
        raise StepFailed("The server is on no host.")
    changed = nics.bind_in(run.tx, run.ctx, server, server.host)
    _tell(run, server, [*_without(run, server), run.params["nic"]], requires=changed)
    return {"host": server.host}


def plugged(run: Run, _reports: Sequence[Report]) -> Result:
    """The host has it."""
    nics.up_in(run.tx, known(run))
    return None


def take_out(run: Run) -> None:
    """Undo of `plug_interface`: the server is without the port again, and the port is let go."""
    server = known(run)
    if _has(run, server):
        _tell(run, server, _without(run, server), wait=False)
    _let_go(run, server)


def unplug_interface(run: Run) -> Result:
    """Want the server without the port, and wait for its host."""
    server = known(run)
    _tell(run, server, _without(run, server))
    return {"host": server.host}


def plug_again(run: Run) -> None:
    """Undo of `unplug_interface`: the server has it as before."""
    server, place = known(run), run.params["place"]
    if not _has(run, server):
        _tell(run, server, [*server.nics[:place], run.params["nic"], *server.nics[place:]], wait=False)


def release_interface(run: Run) -> Result:
    """Let go of the port: one that was made for the server is deleted."""
    _let_go(run, known(run))
    return None


def _port(run: Run) -> str:
    return str(run.params["nic"]["port_id"])


def _has(run: Run, server: Server) -> bool:
    return _port(run) in {nic["port_id"] for nic in server.nics}


def _without(run: Run, server: Server) -> list[Mapping[str, Any]]:
    return [nic for nic in server.nics if nic["port_id"] != _port(run)]


def _tell(run: Run, server: Server, ports: Sequence[Mapping[str, Any]], wait: bool = True, **changes: Any) -> None:
    store.tell(run.tx, server, nics=list(ports), **changes)
    if server.host is not None:
        run.send(server.host, "converge", f"server/{server.id}", wait=wait)


def _let_go(run: Run, server: Server) -> None:
    quota.hold(run.tx, server.project_id)
    given_back = nics.release_one_in(run.tx, run.ctx, server, _port(run))
    if given_back:
        quota.give(run.tx, server.project_id, **given_back)


def nothing(_run: Run, _error: Mapping[str, Any]) -> None:
    """The server is as it was; the reason is kept with the operation."""


ATTACH_INTERFACE = Operation(
    "compute.attach_interface", "server", (Step(plug_interface, undo=take_out, reported=plugged),), when_undone=nothing
)
DETACH_INTERFACE = Operation(
    "compute.detach_interface",
    "server",
    (Step(unplug_interface, undo=plug_again), Step(release_interface)),
    when_undone=nothing,
)
