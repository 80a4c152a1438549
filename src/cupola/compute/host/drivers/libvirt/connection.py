"""The connection to libvirtd: opened when it is first needed, and again after libvirtd was restarted.

libvirt has one event loop for a process; a thread of this module's runs it, from the first connection on. What happens
to domains is told by it to `News`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.libvirt.binding import binding
from cupola.compute.host.drivers.local import Ended

log = logging.getLogger(__name__)

KEEP_ALIVE = (5, 3)
"""Seconds after which libvirtd is asked whether it lives, and how often it may keep silent."""
RETRIES = (1.0, 30.0)
"""Seconds after which a lost connection is opened again: first, and at most."""
LOOK_AGAIN = 0.5  # seconds after which whoever waits for a domain looks, should an event have been lost


class Away(HypervisorError):
    """libvirtd does not answer."""


class Refused(HypervisorError):
    """libvirt answered a call with an error; `code` is one of its VIR_ERR numbers."""

    def __init__(self, step: str, reason: str, code: int) -> None:
        super().__init__(step, reason)
        self.code = code


class News:
    """Who is to be told what: whose end is news, and who waits for any change at all."""

    def __init__(self, ended: Ended) -> None:
        self._ended = ended
        self._watched: set[str] = set()
        self._changed = threading.Condition()

    def over(self, server_id: str) -> None:
        """From now on the end of this server is news."""
        with self._changed:
            self._watched.add(server_id)

    def forget(self, server_id: str) -> None:
        """What happens to it from here on is no news."""
        with self._changed:
            self._watched.discard(server_id)

    def changed(self, server_id: str, has_ended: bool) -> None:
        """Something happened to a domain, ours or another."""
        with self._changed:
            self._changed.notify_all()
            if not has_ended or server_id not in self._watched:
                return
            self._watched.remove(server_id)
        self._ended(server_id)

    def only_these_run(self, active: set[str]) -> None:
        """Tell of those that ended while nobody listened."""
        with self._changed:
            missed = sorted(self._watched - active)
        for server_id in missed:
            self.changed(server_id, has_ended=True)

    def wait_until(self, holds: Callable[[], bool], limit: float) -> bool:
        """Wait until `holds`, asked again whenever a domain changes; return whether it does within `limit` seconds."""
        end = time.monotonic() + limit
        while not holds():
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left, LOOK_AGAIN))
        return True


class Connection:
    """One libvirtd, by its URI. Every call goes through `talking`."""

    def __init__(self, uri: str, news: News) -> None:
        self._uri, self._news = uri, news
        self._lock = threading.Lock()
        self._open: Any = None
        self._closed = threading.Event()

    @contextmanager
    def talking(self, step: str) -> Iterator[Any]:
        """Give the connection; libvirt's errors come out as `Refused`, and as `Away` when libvirtd is not there."""
        libvirt = binding()
        try:
            connection = self._connected(libvirt)
        except libvirt.libvirtError as error:
            raise self._away(error) from error
        try:
            yield connection
        except libvirt.libvirtError as error:
            if not connection.isAlive() or error.get_error_domain() == libvirt.VIR_FROM_RPC:
                raise self._away(error) from error
            raise Refused(step, _words(error), error.get_error_code()) from error

    def close(self) -> None:
        """Let go of libvirtd; what it runs goes on."""
        self._closed.set()
        with self._lock:
            connection, self._open = self._open, None
        if connection is not None:
            with suppress(binding().libvirtError):  # it is gone either way
                connection.unregisterCloseCallback()
                connection.close()

    def _connected(self, libvirt: Any) -> Any:
        with self._lock:
            if self._open is not None and self._open.isAlive():
                return self._open
            _event_loop()
            connection = libvirt.open(self._uri)
            connection.setKeepAlive(*KEEP_ALIVE)
            connection.registerCloseCallback(self._lost, None)
            lifecycle, removed = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED
            connection.domainEventRegisterAny(None, lifecycle, self._happened, libvirt.VIR_DOMAIN_EVENT_STOPPED)
            connection.domainEventRegisterAny(None, removed, self._let_go, None)
            active = connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
            self._open = connection
        self._news.only_these_run({domain.UUIDString() for domain in active})
        return connection

    def _happened(self, connection: Any, domain: Any, event: int, detail: int, stopped: int) -> None:
        self._news.changed(domain.UUIDString(), has_ended=event == stopped)

    def _let_go(self, connection: Any, domain: Any, device: str, nothing: None) -> None:
        self._news.changed(domain.UUIDString(), has_ended=False)

    def _lost(self, connection: Any, reason: int, nothing: None) -> None:
        """Called in the thread of events, which must not talk to libvirtd itself."""
        if not self._closed.is_set():
            log.warning("the connection to libvirtd at %s was lost; guests go on", self._uri)
            threading.Thread(target=self._come_back, name="libvirt reconnect", daemon=True).start()

    def _come_back(self) -> None:
        """Connect again, so that events are heard though nobody asks for anything."""
        delay, longest = RETRIES
        while not self._closed.wait(delay):
            with suppress(Away), self.talking("connect"):
                log.info("connected to libvirtd at %s again", self._uri)
                return
            delay = min(2 * delay, longest)

    def _away(self, error: Any) -> Away:
        return Away("libvirt", f"libvirtd does not answer at {self._uri}: {_words(error)}")


@cache
def _event_loop() -> threading.Thread:
    """Start libvirt's event loop, once for the process; it must be there before a connection is opened."""
    libvirt = binding()
    libvirt.virEventRegisterDefaultImpl()

    def run() -> None:
        while True:
            try:
                libvirt.virEventRunDefaultImpl()
            except libvirt.libvirtError as error:
                log.error("libvirt's event loop: %s", _words(error))
                time.sleep(1)

    thread = threading.Thread(target=run, name="libvirt events", daemon=True)
    thread.start()
    return thread


def _words(error: Any) -> str:
    return str(error.get_error_message() or error)
