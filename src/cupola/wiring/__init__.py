"""From settings to a running cloud, whole or one part; the only package that imports every service."""

from cupola.wiring.host import Namespaces, namespaces, remove_host
from cupola.wiring.running import Running, start
from cupola.wiring.settings import Settings, load_settings
from cupola.wiring.started import started, starting

__all__ = [
    "Namespaces",
    "Running",
    "Settings",
    "load_settings",
    "namespaces",
    "remove_host",
    "start",
    "started",
    "starting",
]
