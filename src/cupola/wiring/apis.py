"""The APIs of a cloud whose other parts are other processes: neither conductor nor agent, and no thread."""

from __future__ import annotations

import atexit
import threading
from functools import partial
from pathlib import Path

from cupola.base.bus.brokers import is_broker
from cupola.base.bus.nowhere import Nowhere
from cupola.base.http.application import Wsgi
from cupola.base.observe.log import set_up
from cupola.base.operations.conductor import ring
from cupola.base.operations.engine import RUNNER
from cupola.base.operations.outbox import RELAY
from cupola.base.process import allow_many_files, give_back_large_blocks
from cupola.wiring.plane import Plane, open_plane
from cupola.wiring.settings import Settings, load_settings

STATE_DIR = Path("/var/lib/cupola")


class Apis:
    """The APIs of a cloud, together or each alone; what they leave to be done, they tell a conductor of."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self._alone: dict[str, Wsgi] = {}
        self._lock = threading.Lock()
        for component in (RUNNER, RELAY):
            plane.wakeups.listen(component, partial(ring, plane.bus, component))

    def app(self, service: str | None) -> Wsgi:
        """All services under their roots, or one at the top of a port of its own. Raises ConfigurationError."""
        with self._lock:
            if service is None:
                return self.plane.system.app
            if service not in self._alone:
                self._alone[service] = self.plane.system.alone(service)
            return self._alone[service]


def open_apis(settings: Settings) -> Apis:
    """The APIs of these settings. Raises ConfigurationError, Unavailable."""
    give_back_large_blocks()
    allow_many_files()
    return Apis(open_plane(settings, "api"))


def start(config: Path | None, state_dir: Path | None) -> Apis:
    """The APIs for a WSGI server, from the settings in `config`; its process ends when that says so.

    Raises ConfigurationError, Unavailable.
    """
    settings = load_settings(config, state_dir or STATE_DIR, {})
    set_up(settings.main.log_level, settings.observe.journal, service="api")
    give_back_large_blocks()
    allow_many_files()
    # without a broker conductors still find in the database what is to be done; they refuse to start so
    bus = None if is_broker(settings.main.transport_url) else Nowhere()
    apis = Apis(open_plane(settings, "api", bus=bus))
    atexit.register(apis.plane.close)  # what was published is still handed over
    return apis
