"""The metadata service on a host: answers what guests ask of 169.254.169.254, in networks and behind routers.

Its sockets listen inside the namespaces; the one thread that serves them all stays in the process's own. Who asks is
told by where the question came in (network or router) and from which address; headers of the guest's own count nothing.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from cupola.network.host.drivers.base import NetworkDriver

log = logging.getLogger(__name__)

Answer = Callable[[str, str, str], tuple[int, bytes]]
"""What the control plane says: (subject "network/<id>" or "router/<id>", address, path) → status and body."""

LONGEST_REQUEST = 8192
PATIENCE = 10.0
"""seconds that a guest may take to ask"""
MOST_AT_ONCE = 32
"""Questions of one network or router; more are turned away, so that its guests cannot use up the files of all."""


class MetadataService:
    """Listens wherever a network or router is present."""

    def __init__(self, driver: NetworkDriver, answer: Answer) -> None:
        self._driver = driver
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._servers: dict[str, asyncio.Server] = {}
        self._places: dict[str, int] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="metadata", daemon=True)
        self._thread.start()

    def changed(self, kind: str, id_: str, there: bool) -> None:
        """A network or router is there, or gone: listen there, or no longer."""
        subject = f"{kind}/{id_}"
        place = self._namespace(kind, id_) if there else None
        if place is not None and self._places.get(subject) == place:
            return
        self._run(self._leave(subject))
        if place is not None:
            try:
                open_socket = self._driver.metadata_of_network if kind == "network" else self._driver.metadata_of_router
                listening = open_socket(id_)
            except OSError as error:  # a router without an address to listen on, say
                log.info("no metadata service for %s: %s", subject, error)
                return
            self._run(self._serve(subject, listening))
            self._places[subject] = place

    def _namespace(self, kind: str, id_: str) -> int | None:
        """The inode of the namespace to listen in: another one when it was made anew. None: there is none."""
        host = self._driver.host
        name = host.dhcp_namespace(id_) if kind == "network" else host.router_namespace(id_)
        path = Path("/run/netns", name)
        return path.stat().st_ino if path.exists() else None

    def close(self) -> None:
        for subject in list(self._servers):
            self._run(self._leave(subject))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)  # type: ignore[arg-type]

    async def _serve(self, subject: str, listening: socket.socket) -> None:
        listening.setblocking(False)

        at_once = 0

        async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal at_once
            if at_once == MOST_AT_ONCE:
                writer.transport.abort()
                return
            at_once += 1
            try:
                await self._converse(subject, reader, writer)
            finally:
                at_once -= 1

        self._servers[subject] = await asyncio.start_server(ask, sock=listening, limit=LONGEST_REQUEST)

    async def _leave(self, subject: str) -> None:
        self._places.pop(subject, None)
        server = self._servers.pop(subject, None)
        if server is not None:
            server.close()

    async def _converse(self, subject: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = await self._reply(subject, writer.get_extra_info("peername")[0], head)
                reason = HTTPStatus(status).phrase
                writer.write(
                    f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\n"
                    "Content-Type: text/plain; charset=UTF-8\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            log.info("a question to the metadata service of %s came to nothing: %r", subject, error)
        finally:
            writer.close()

    async def _reply(self, subject: str, address: str, head: bytes) -> tuple[int, bytes]:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
        if len(words) != 3 or words[0] != "GET":
            return 405 if len(words) == 3 else 400, b""
        try:
            return await asyncio.to_thread(self._answer, subject, address, words[1])
        except Exception:
            log.exception("the metadata of %s on %s could not be told", address, subject)
            return 500, b""
