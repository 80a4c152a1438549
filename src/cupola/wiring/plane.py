"""What every part of the cloud stands on that has the database: APIs, conductors, and all of it in one process."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta

import cupola.identity.interface as identity
from cupola.base import ledger
from cupola.base.bus.protocol import Bus
from cupola.base.clock import Clock, SystemClock
from cupola.base.context import Context, system_context
from cupola.base.db.migrations import check, sync
from cupola.base.db.transaction import Database
from cupola.base.ids import RandomIds, request_id
from cupola.base.runtime import Wakeups
from cupola.base.system import System
from cupola.wiring.bus import bus_alone, bus_apart
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import Settings

KEEP = timedelta(seconds=5)
"""For which what was read for one host is used for others: about until all were told of a change."""


@dataclass
class Plane:
    """The services over their database and bus; nothing runs yet."""

    settings: Settings
    system: System
    people: identity.Identity
    database: Database
    bus: Bus
    wakeups: Wakeups
    clock: Clock

    @property
    def ctx(self) -> Context:
        """The cloud acting by itself, under a new request id."""
        return system_context(self.system.cloud, request_id(self.system.cloud.ids))

    def close(self) -> None:
        """Let go of bus and database; nothing may run any more."""
        self.bus.close()
        self.database.close()


def open_plane(settings: Settings, part: str, apart: bool = True, bus: Bus | None = None) -> Plane:
    """Open database and bus, and put the services together; `part` is what the broker's own tools call this process.

    Where the cloud is one process, this brings the database to the program's revision; `apart` from the others a part
    refuses one that is not at it. `bus` is another than that of the settings.

    Raises ConfigurationError naming what is in the way, and Unavailable when the database does not answer.
    """
    clock, ids, wakeups = SystemClock(), RandomIds(), Wakeups()
    with contextlib.ExitStack() as undo:
        if bus is None:
            bus = bus_apart(settings, wakeups, part) if apart else bus_alone(settings, wakeups)
        undo.callback(bus.close)
        database = Database(
            settings.database_url, clock, before_commit=ledger.record_change, pool=settings.database.pool
        )
        undo.callback(database.close)
        database.ping()
        (check if apart else sync)(database.engine)
        keep = KEEP if apart else timedelta(0)
        system, people = assemble(settings, Parts(database, clock, ids, bus, wakeups, keep=keep))
        undo.pop_all()
    return Plane(settings, system, people, database, bus, wakeups, clock)
