"""The part `api` with the embedded server: any number of processes that answer requests."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from cupola.base.http.server import Server
from cupola.base.observe.health import of_database
from cupola.base.observe.listener import observing
from cupola.base.policy import Enforcer
from cupola.base.runtime import Hang
from cupola.wiring.apis import Apis, open_apis
from cupola.wiring.settings import Settings


@dataclass
class RunningApi:
    """An embedded server and what it serves."""

    apis: Apis
    server: Server
    observer: Server | None
    port: int

    @property
    def policy(self) -> Enforcer:
        return self.apis.plane.system.cloud.policy

    def status(self) -> str:
        return f"Serving on port {self.port}."

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        return self.server.hanging()

    def stop(self) -> None:
        """End what is being answered, then let go of database and broker."""
        self.server.stop()
        if self.observer is not None:
            self.observer.stop()
        self.apis.plane.close()


def start(settings: Settings, service: str | None = None) -> RunningApi:
    """Serve all services, or one alone, at [DEFAULT] bind and port; it answers when this returns.

    Raises ConfigurationError naming what is in the way; Unavailable while the database does not answer.
    """
    with contextlib.ExitStack() as undo:
        apis = open_apis(settings)
        undo.callback(apis.plane.close)
        server = Server(apis.app(service), settings.main.bind, settings.main.port)
        server.listen()
        undo.callback(server.stop)
        observer = observing(settings.observe, of_database(apis.plane.database), lambda: apis.plane.ctx)
        port = server.start()
        undo.pop_all()
    return RunningApi(apis, server, observer, port)
