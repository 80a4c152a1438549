"""The part `conductor`: any number of processes that advance operations, send messages again, record reports and do
upkeep."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from cupola.base.http.server import Server
from cupola.base.observe.health import of_bus, of_database
from cupola.base.observe.listener import observing
from cupola.base.operations.conductor import POLL_APART, Bell
from cupola.base.policy import Enforcer
from cupola.base.process import allow_many_files, give_back_large_blocks
from cupola.base.runtime import Hang, Threads
from cupola.wiring.plane import Plane, open_plane
from cupola.wiring.settings import Settings


@dataclass
class RunningConductor:
    """The conductor's threads and what they stand on."""

    plane: Plane
    threads: Threads
    observer: Server | None

    @property
    def policy(self) -> Enforcer:
        return self.plane.system.cloud.policy

    def status(self) -> str:
        return "Carrying out what was asked."

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        return self.threads.hanging()

    def stop(self) -> None:
        """End what is under way; what comes next, another conductor does, or this one when it is started again."""
        if self.observer is not None:
            self.observer.stop()
        self.threads.stop()
        self.plane.close()


def start(settings: Settings) -> RunningConductor:
    """Start a conductor; it is at work when this returns.

    Raises ConfigurationError naming what is in the way; Unavailable while the database does not answer.
    """
    give_back_large_blocks()
    allow_many_files()
    with contextlib.ExitStack() as undo:
        plane = open_plane(settings, "conductor")
        undo.callback(plane.close)
        observer = observing(settings.observe, {**of_database(plane.database), **of_bus(plane.bus)}, lambda: plane.ctx)
        undo.pop_all()
    threads = Threads(plane.clock, plane.wakeups)
    components = [maker() for maker in plane.system.conductor(POLL_APART, sealed=True).values()]
    threads.start([*components, Bell(plane.bus, plane.wakeups)])
    return RunningConductor(plane, threads, observer)
