"""A cloud in this process: HTTP server, conductor and agent as threads over one database."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from cupola.base.http.server import Server
from cupola.base.observe.health import of_database
from cupola.base.observe.listener import observing
from cupola.base.policy import Enforcer
from cupola.base.process import allow_many_files, give_back_large_blocks
from cupola.base.runtime import Hang, Threads
from cupola.wiring.agent import HostAgent, make_agent
from cupola.wiring.bootstrap import bootstrap
from cupola.wiring.plane import Plane, open_plane
from cupola.wiring.settings import Settings


@dataclass
class Running:
    """What was started; `stop` ends it in the order listener, components, agent's parts, bus, database."""

    plane: Plane
    server: Server
    threads: Threads
    agent: HostAgent
    observer: Server | None
    port: int

    @property
    def policy(self) -> Enforcer:
        return self.plane.system.cloud.policy

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        return [*self.server.hanging(), *self.threads.hanging()]

    def stop(self) -> None:
        self.server.stop()
        if self.observer is not None:
            self.observer.stop()
        self.threads.stop()
        self.agent.close()
        self.plane.close()


def start(settings: Settings, admin_password: str, demo_password: str) -> Running:
    """Start the cloud of `settings`; it answers when this returns.

    Raises ConfigurationError naming what is in the way.
    """
    give_back_large_blocks()
    allow_many_files()
    with contextlib.ExitStack() as undo:
        plane = open_plane(settings, "cloud", apart=False)
        undo.callback(plane.close)
        system = plane.system
        server = Server(system.app, settings.main.bind, settings.main.port)
        server.listen()
        undo.callback(server.stop)
        bootstrap(plane.ctx, settings, plane.people, admin_password, demo_password)
        agent = make_agent(settings, plane.bus, system.control, plane.clock)
        undo.callback(agent.close)
        observer = observing(settings.observe, of_database(plane.database), lambda: plane.ctx)
        if observer is not None:
            undo.callback(observer.stop)
        port = server.start()
        undo.pop_all()
    threads = Threads(plane.clock, plane.wakeups)
    threads.start([*(maker() for maker in system.conductor().values()), *agent.components])
    return Running(plane, server, threads, agent, observer, port)
