"""The embedded WSGI server: cheroot, in threads of the one process."""

from __future__ import annotations

import threading

from cheroot import wsgi

from cupola.base.errors import ConfigurationError
from cupola.base.http.application import Wsgi

WORKERS = 32
MOST_WORKERS = 256
"""A slow client holds a thread; 256 of them cost a few MiB."""


class Server:
    """Serves `app` on an address until stopped; requests under way are finished."""

    def __init__(self, app: Wsgi, bind: str, port: int) -> None:
        self._server = wsgi.Server(
            (bind, port),
            app,
            numthreads=WORKERS,
            max=MOST_WORKERS,
            server_name="cupola",
            request_queue_size=256,
            timeout=60,
        )
        self._server.shutdown_timeout = 10
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)

    def start(self) -> int:
        """Listen, and return the port (a free one was taken if it was 0). Raises ConfigurationError if it is in use."""
        try:
            self._server.prepare()
        except OSError as error:
            host, port = self._server.bind_addr[:2]
            raise ConfigurationError(f"Cannot listen on {host}:{port}: {error}") from error
        self._thread.start()
        return int(self._server.bind_addr[1])

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(15)
