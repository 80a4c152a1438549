"""The APIs of a cloud whose other parts are other processes: neither conductor nor agent, and no thread."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from pathlib import Path

from cupola.base import ledger
from cupola.base.bus.brokers import is_broker
from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Delivery
from cupola.base.clock import SystemClock
from cupola.base.db.transaction import Database
from cupola.base.http.application import Wsgi
from cupola.base.ids import RandomIds
from cupola.base.observe.log import set_up
from cupola.base.process import allow_many_files, give_back_large_blocks
from cupola.base.runtime import Wakeups
from cupola.base.system import System
from cupola.wiring.bus import make_bus
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import load_settings

STATE_DIR = Path("/var/lib/cupola")


class _Nowhere:
    """A bus that nobody listens on: conductors find in the database what is to be sent."""

    def publish(self, message: Message) -> None:
        pass

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        return ()

    def requeue(self, topic: str) -> None:
        pass

    def depth(self, topic: str) -> int:
        return 0

    def close(self) -> None:
        pass


class Apis:
    """The APIs of a system, together or each alone."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._alone: dict[str, Wsgi] = {}
        self._lock = threading.Lock()

    def app(self, service: str | None) -> Wsgi:
        """All services under their roots, or one at the top of a port of its own."""
        if service is None:
            return self._system.app
        with self._lock:
            if service not in self._alone:
                self._alone[service] = self._system.alone(service)
            return self._alone[service]


def start(config: Path | None, state_dir: Path | None) -> Apis:
    """The APIs, from the settings in `config`. Raises ConfigurationError."""
    settings = load_settings(config, state_dir or STATE_DIR, {})
    set_up(settings.main.log_level, settings.observe.journal, service="api")
    give_back_large_blocks()
    allow_many_files()
    clock, wakeups = SystemClock(), Wakeups()
    bus = make_bus(settings, wakeups, "api") if is_broker(settings.main.transport_url) else _Nowhere()
    atexit.register(bus.close)  # what was published is still handed over
    database = Database(settings.database_url, clock, before_commit=ledger.record_change)
    system, _ = assemble(settings, Parts(database, clock, RandomIds(), bus, wakeups))
    return Apis(system)
