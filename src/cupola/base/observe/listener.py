"""A listener for monitoring alone (`[observe] bind`): how this process is, and its figures.

It tells those of the APIs under Apache on this machine too, whose processes have no listener of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import falcon

from cupola.base.context import Context
from cupola.base.errors import ConfigurationError
from cupola.base.http.health import add_health
from cupola.base.http.server import Server
from cupola.base.observe.census import Census
from cupola.base.observe.health import Check, Readiness
from cupola.base.observe.metrics import CONTENT_TYPE, exposition, of_apis
from cupola.base.observe.settings import ObserveSettings

METRICS = "/metrics"
METRICS_OF_APIS = "/metrics/apis"
WORKERS = 2


class _Metrics:
    def __init__(self, exposition: Callable[[], bytes]) -> None:
        self._exposition = exposition

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = CONTENT_TYPE
        response.data = self._exposition()


def observing(
    settings: ObserveSettings, checks: Mapping[str, Check], context: Callable[[], Context] | None = None
) -> Server | None:
    """Start the listener, if the settings name an address. With a `context` it counts what the database holds too.

    Raises ConfigurationError when it cannot listen there.
    """
    if settings.bind is None:
        return None
    address, port = address_of(settings.bind)
    census = [] if context is None else [Census(context)]
    app = falcon.App()
    add_health(app, Readiness(checks))
    app.add_route(METRICS, _Metrics(lambda: exposition(*census)))
    app.add_route(METRICS_OF_APIS, _Metrics(lambda: of_apis(settings.shared)))
    server = Server(app, address, port, workers=WORKERS)
    server.start()
    return server


def address_of(bind: str) -> tuple[str, int]:
    """The two parts of "address:port". Raises ConfigurationError."""
    address, _, port = bind.rpartition(":")
    if not address or not port.isdigit() or int(port) > 65535:
        raise ConfigurationError(f"[observe] bind must be address:port, as in 127.0.0.1:9780, not {bind!r}")
    return address.strip("[]"), int(port)
