"""A cloud in this process: HTTP server, conductor and agent as threads over one database."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from functools import partial

from cupola.base import ledger
from cupola.base.bus.message import Message, host_topic
from cupola.base.bus.protocol import Bus
from cupola.base.clock import SystemClock
from cupola.base.context import system_context
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database
from cupola.base.hosts.commands import CommandStore
from cupola.base.http.server import Server
from cupola.base.ids import RandomIds, request_id
from cupola.base.observe.health import of_database
from cupola.base.observe.listener import observing
from cupola.base.process import allow_many_files, give_back_large_blocks
from cupola.base.runtime import Hang, Threads, Wakeups
from cupola.base.system import System
from cupola.wiring.bootstrap import bootstrap
from cupola.wiring.bus import make_bus
from cupola.wiring.host import HostParts, make_rooms
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import Settings

log = logging.getLogger(__name__)

HANDS = 8
"""Servers of this host that are worked on at once."""


@dataclass
class Running:
    """What was started; `stop` ends it in the order listener, components, agent's parts, bus, database."""

    system: System
    server: Server
    threads: Threads
    host: HostParts
    database: Database
    observer: Server | None
    port: int

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        return [*self.server.hanging(), *self.threads.hanging()]

    def stop(self) -> None:
        self.server.stop()
        if self.observer is not None:
            self.observer.stop()
        if late := self.threads.stop():
            log.warning("still at work when stopped: %s", ", ".join(late))
        self.host.close()
        self.system.bus.close()
        self.database.close()


def _look(bus: Bus, topic: str, subject: str) -> None:
    """Have a host's agent look at a thing, as if it had been told of a change."""
    bus.publish(Message(id="", topic=topic, type="converge", subject=subject))


def start(settings: Settings, admin_password: str, demo_password: str) -> Running:
    """Start the cloud of `settings`; it answers when this returns.

    Raises ConfigurationError naming what is in the way.
    """
    give_back_large_blocks()
    allow_many_files()
    clock, ids, wakeups = SystemClock(), RandomIds(), Wakeups()
    with contextlib.ExitStack() as undo:
        bus = make_bus(settings, wakeups, "cloud")
        undo.callback(bus.close)
        database = Database(settings.database_url, clock, before_commit=ledger.record_change)
        undo.callback(database.close)
        sync(database.engine)
        system, people = assemble(settings, Parts(database, clock, ids, bus, wakeups))
        server = Server(system.app, settings.main.bind, settings.main.port)
        server.listen()
        undo.callback(server.stop)
        ctx = system_context(system.cloud, request_id(ids))
        bootstrap(ctx, settings, people, admin_password, demo_password)
        host = make_rooms(settings, system.control, partial(_look, bus, host_topic(settings.main.host)))
        undo.callback(host.close)
        (settings.state_dir / "agent").mkdir(exist_ok=True)
        agent = system.agent(settings.main.host, host.rooms, CommandStore(settings.state_dir / "agent" / "commands.db"))
        observer = observing(settings.observe, of_database(database), lambda: ctx)
        if observer is not None:
            undo.callback(observer.stop)
        port = server.start()
        undo.pop_all()
    threads = Threads(clock, wakeups)
    threads.start([*(maker() for maker in system.conductor().values()), *agent.parts(HANDS)])
    return Running(system, server, threads, host, database, observer, port)
