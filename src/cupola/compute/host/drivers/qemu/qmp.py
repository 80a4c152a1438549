"""Monitors: the QEMU Machine Protocol of all guests, served by one asyncio thread behind plain blocking calls.

Connections are opened when first needed, kept, and opened again after they broke. Every call has a time limit.
"""

import asyncio
import os
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from qemu.qmp import ExecuteError, QMPClient, QMPError, Runstate

from cupola.compute.host.drivers.errors import HypervisorError

T = TypeVar("T")
Arguments = Mapping[str, object]
Matches = Callable[[object], bool]


class MonitorError(HypervisorError):
    """A monitor that cannot be reached or does not answer in time."""


class CommandRefused(HypervisorError):
    """QEMU answered a command with an error; `kind` is its class, such as "DeviceNotFound"."""

    def __init__(self, command: str, error: ExecuteError) -> None:
        super().__init__(f"monitor command {command}", error.error.error.desc)
        self.kind = error.error_class


class Monitor:
    """The monitor of one guest. Methods block, and raise MonitorError or CommandRefused."""

    def __init__(self, client: QMPClient, monitors: "Monitors") -> None:
        self._client, self._monitors = client, monitors

    def execute(self, command: str, arguments: Arguments | None = None, limit: float = 10.0) -> Any:
        """Run a command and return its answer."""
        return self._monitors.wait_for(_execute(self._client, command, arguments), command, limit)

    def execute_until(
        self, command: str, arguments: Arguments, event: str, matches: Matches, limit: float, pardon: str
    ) -> None:
        """Run a command, then wait for an event it leads to (listened for before the command is sent).

        A refusal that says `pardon` means that the command ran before: the event is waited for all the same.
        """
        until = _execute_until(self._client, command, arguments, event, matches, pardon)
        self._monitors.wait_for(until, f"{command}, {event}", limit)

    def give(self, name: str, descriptor: int) -> None:
        """Hand an open file to QEMU, to be called `name` in later commands."""

        async def send() -> None:
            self._client.send_fd_scm(descriptor)
            await _execute(self._client, "getfd", {"fdname": name})

        self._monitors.wait_for(send(), "getfd", 10.0)


class Monitors:
    """All monitors of a host, by the path of their sockets."""

    def __init__(self) -> None:
        self._clients: dict[Path, QMPClient] = {}
        self._connecting: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)  # QEMU serves one client only
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="qmp", daemon=True)
        self._thread.start()

    def monitor(self, path: Path, limit: float = 10.0) -> Monitor:
        """Return the monitor listening at `path`; raises MonitorError when nobody answers there."""
        return Monitor(self.wait_for(self._connected(path), "connect", limit), self)

    def query(
        self, paths: Mapping[str, Path], ask: "Question[T]", limit: float = 3.0
    ) -> dict[str, T | HypervisorError]:
        """Ask all the named monitors at once; a monitor that fails has its error for an answer."""

        async def one(path: Path) -> T | HypervisorError:
            try:
                async with asyncio.timeout(limit):
                    return await ask(await self._connected(path))
            except (QMPError, OSError, TimeoutError) as error:
                return MonitorError("monitor", _reason(error))

        async def all_of_them() -> list[T | HypervisorError]:
            return await asyncio.gather(*map(one, paths.values()))

        return dict(zip(paths, self.wait_for(all_of_them(), "query", limit + 5.0), strict=True))

    def drop(self, path: Path) -> None:
        """Close the connection to a guest that has ended, if there is one."""
        self._connecting.pop(path, None)
        if client := self._clients.pop(path, None):
            self.wait_for(_disconnect(client), "disconnect", 10.0)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the thread, for others that wait for something."""
        return self._loop

    def close(self) -> None:
        """Close all connections and end the thread."""
        for path in list(self._clients):
            self.drop(path)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_for(self, work: Coroutine[Any, Any, T], step: str, limit: float) -> T:
        """Run `work` in the thread and return its result; monitor errors come out as this module's own."""

        async def limited() -> T:
            async with asyncio.timeout(limit):
                return await work

        try:
            return asyncio.run_coroutine_threadsafe(limited(), self._loop).result()
        except ExecuteError as error:
            raise CommandRefused(step, error) from error
        except TimeoutError:
            raise MonitorError(f"monitor ({step})", f"no answer within {limit:g} s") from None
        except (QMPError, OSError) as error:
            raise MonitorError(f"monitor ({step})", _reason(error)) from error

    async def _connected(self, path: Path) -> QMPClient:
        async with self._connecting[path]:
            client = self._clients.get(path)
            if client is not None and client.runstate is Runstate.RUNNING:
                return client
            if client is not None:
                await _disconnect(self._clients.pop(path))
            self._clients[path] = client = await _connect(path)
            return client


Question = Callable[[QMPClient], Coroutine[Any, Any, T]]


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Give another name to a socket: the kernel takes at most 107 bytes, less than a long state directory needs."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def listen(path: Path) -> socket.socket:
    """Make the socket that QEMU inherits and serves its monitor on; only our own user can connect."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with short_path(path) as short:
        listener.bind(short)
    path.chmod(0o600)
    listener.listen(4)
    return listener


async def _connect(path: Path) -> QMPClient:
    client, plug = QMPClient(path.parent.name), socket.socket(socket.AF_UNIX)
    try:
        with short_path(path) as short:
            plug.connect(short)
        await client.connect(plug)
    except BaseException:
        plug.close()
        raise
    return client


async def _execute(client: QMPClient, command: str, arguments: Arguments | None) -> Any:
    return await client.execute(command, dict(arguments or {}))


async def _execute_until(
    client: QMPClient, command: str, arguments: Arguments, event: str, matches: Matches, pardon: str
) -> None:
    with client.listener((event,)) as listener:
        try:
            await _execute(client, command, arguments)
        except ExecuteError as refusal:
            if pardon not in str(refusal):
                raise
        async for message in listener:
            if matches(message.get("data")):
                return


async def _disconnect(client: QMPClient) -> None:
    with suppress(QMPError, OSError, EOFError):  # it ends either way; why the other side went is no news by now
        await client.disconnect()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
