"""The embedded WSGI server: cheroot, in threads of the one process.

A client holds a thread while it sends and while it takes what is sent, so one that is slower than a minimum rate is
cut off. What a client still sends after it has its answer is thrown away in small pieces, and not for ever.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from cheroot import server as cheroot
from cheroot import wsgi
from cheroot.workers.threadpool import ThreadPool

from cupola.base.errors import ConfigurationError
from cupola.base.http.application import Wsgi
from cupola.base.http.chunks import Chunks
from cupola.base.http.metered import MeteredSocket, Rate
from cupola.base.runtime import Hang, where

log = logging.getLogger(__name__)

WORKERS = 32
MOST_WORKERS = 256
"""A slow client holds a thread; 256 of them cost a few MiB."""
GROWTH = 8

IDLE = 60
"""seconds"""
DRAIN = 20.0
"""seconds that requests under way have to finish when the server is stopped"""
LONGEST_ROUND = 60.0
"""seconds between two rounds of a listening thread that hangs"""

SLOWEST = Rate(bytes_a_second=1024, window=10.0)
PIECE = 1 << 16
MOST_THROWN_AWAY = 16 << 20
"""Bytes of a body that nobody wanted; a client that sends more than these may not see its answer."""


class _Request(cheroot.HTTPRequest):
    """Never reads what is left of a body into memory at once, as cheroot does: it may be as long as a disk."""

    def send_headers(self) -> None:
        left = getattr(self.rfile, "remaining", 0)
        while 0 < left <= MOST_THROWN_AWAY and self.rfile.read(min(PIECE, left)):
            left = self.rfile.remaining
        if left or (self.chunked_read and not getattr(self.rfile, "closed", True)):
            self.close_connection = True
        super().send_headers()


class _Gateway(wsgi.Gateway_10):
    """Hands bodies in chunks to the application piece by piece."""

    def __init__(self, request: cheroot.HTTPRequest) -> None:
        if request.chunked_read:
            request.rfile = Chunks(request.conn.rfile)
        super().__init__(request)


class _Pool(ThreadPool):
    """Grows while all threads are busy; cheroot's own keeps to the number it began with."""

    def put(self, connection: Any) -> None:
        if self.idle <= self.qsize:
            self.grow(GROWTH)
        super().put(connection)


class _Connection(cheroot.HTTPConnection):
    """Reads and writes at a minimum rate."""

    RequestHandlerClass = _Request

    def __init__(self, server: Any, sock: Any, makefile: Any) -> None:
        super().__init__(server, MeteredSocket(sock, server.slowest), makefile)


class _Listener(wsgi.Server):
    ConnectionClass = _Connection
    keep_alive_conn_limit = 512
    max_request_header_size = 1 << 16
    slowest: Rate
    looked_at = 0.0
    """When the listening thread last went round, on the monotonic clock."""

    @property
    def timeout(self) -> int:
        """Seconds that a connection may be idle; the listening thread asks twice a second, to close those that were."""
        self.looked_at = time.monotonic()
        return IDLE

    @timeout.setter
    def timeout(self, _seconds: int) -> None:
        """Cheroot's own default is of no use here."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level, "%s", msg, exc_info=traceback)


class Server:
    """Serves `app` on an address until stopped; requests under way are finished."""

    def __init__(self, app: Wsgi, bind: str, port: int, slowest: Rate = SLOWEST, workers: int = WORKERS) -> None:
        self._server = _Listener(
            (bind, port),
            app,
            server_name="cupola",
            request_queue_size=256,
        )
        self._server.gateway = _Gateway
        self._server.requests = _Pool(self._server, workers, MOST_WORKERS)
        self._server.slowest = slowest
        self._server.shutdown_timeout = DRAIN
        self._started_at = 0.0
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)

    def listen(self) -> None:
        """Take the port; who asks from now on waits for `start`. Raises ConfigurationError if it is in use."""
        try:
            self._server.prepare()
        except OSError as error:
            host, port = self._server.bind_addr[:2]
            raise ConfigurationError(f"Cannot listen on {host}:{port}: {error}") from error

    def start(self) -> int:
        """Answer, having listened; returns the port (a free one was taken if it was 0). Raises ConfigurationError."""
        if not self._server.ready:
            self.listen()
        self._started_at = time.monotonic()
        self._thread.start()
        return self.port

    @property
    def port(self) -> int:
        """Where it listens; the one that was taken if it was to be a free one."""
        return int(self._server.bind_addr[1])

    def hanging(self) -> list[Hang]:
        """Whether the thread that takes connections comes no further. One that waits for a slow client is none such."""
        seconds = time.monotonic() - max(self._server.looked_at, self._started_at)
        alive = self._thread.is_alive()
        return [] if alive and seconds < LONGEST_ROUND else [Hang("http", seconds, where(self._thread))]

    def stop(self) -> None:
        """Take no more connections, and finish what is under way, for at most `DRAIN` seconds."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join(15)
