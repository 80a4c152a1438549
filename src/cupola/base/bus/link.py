"""A connection with whichever broker answers, for ever, and the thread that alone uses it."""

from __future__ import annotations

import itertools
import logging
import os
import random
import select
import threading
import time
from collections.abc import Sequence
from typing import Any

from cupola.base.bus.brokers import Broker, BrokerSettings, connect

log = logging.getLogger(__name__)

PAUSE_FIRST, PAUSE_MOST = 0.1, 3.0
"""seconds between two attempts to connect"""
HELD = 5.0
"""seconds after which a connection was one; what ends sooner is tried again further and further apart"""
TELL_EVERY = 60.0
"""seconds between two log lines about a broker that stays away"""
FRAME_WITHIN = 0.1
"""seconds in which the rest of a frame is waited for before other things are looked at"""


class Link:
    """Connects, calls the hooks of its kind (`_opened`, `_work`, `_lost`) in its thread, and connects again.

    Other threads leave what they want in a collection of the kind's own and call `wake`.
    """

    def __init__(self, name: str, brokers: Sequence[Broker], settings: BrokerSettings) -> None:
        self.name = name
        self._brokers = itertools.cycle(brokers)
        self._settings = settings
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._asleep = False
        self._stopping = threading.Event()
        self._end = float("inf")
        self._failing_since: float | None = None
        self._told_at = 0.0
        self.connected_to: str | None = None
        """Which broker, while there is a connection."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End when nothing is left to do, at the latest after `timeout` seconds."""
        self._end = time.monotonic() + timeout
        self._stopping.set()
        self._wake_up()
        self._thread.join(timeout + 1)
        if not self._thread.is_alive():
            self._asleep = False
            os.close(self._woken)

    def wake(self) -> None:
        """Have `_work` called soon."""
        if self._asleep:
            self._wake_up()

    def _wake_up(self) -> None:
        os.eventfd_write(self._woken, 1)

    # what a kind of link does ---------------------------------------------------------------------------------------

    def _opened(self, connection: Any) -> None:
        """There is a connection."""

    def _work(self) -> bool:
        """Do what waits, some of it; returns whether more could be done at once."""
        return False

    def _lost(self) -> None:
        """There is no connection any more."""

    def _idle(self) -> bool:
        """Whether nothing is left that a stop should wait for."""
        return True

    # the thread -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = PAUSE_FIRST
        while not self._stopping.is_set():
            broker = next(self._brokers)
            connection, since = None, time.monotonic()
            try:
                connection = connect(broker, self._settings, self.name)
                self._opened(connection)
                self._tell_up(broker)
                self._pump(connection)
                connection.close()
            except Exception as error:  # noqa: BLE001 - whatever ends a connection, the next one is tried
                self._tell_down(broker, error)
            finally:
                self.connected_to = None
                self._lost()
                if connection is not None:
                    connection.collect()
            if connection is not None and time.monotonic() - since > HELD:
                pause = PAUSE_FIRST
            self._stopping.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - that not all come back at once
            pause = min(pause * 2, PAUSE_MOST)

    def _pump(self, connection: Any) -> None:
        poller = select.poll()
        poller.register(connection.sock, select.POLLIN)
        poller.register(self._woken, select.POLLIN)
        longest, beat_at = min(self._settings.heartbeat / 4, 2.0), 0.0
        while not (self._stopping.is_set() and (self._idle() or time.monotonic() > self._end)):
            self._asleep = True  # before the look at what waits: whoever adds to it after that wakes us
            if self._work():
                self._asleep = False
            ready = {fd for fd, _ in poller.poll(longest * 1000 if self._asleep else 0)}
            self._asleep = False
            if self._woken in ready:
                os.eventfd_read(self._woken)
            if ready - {self._woken}:
                self._read(connection)
            if time.monotonic() > beat_at:
                connection.heartbeat_tick()
                self._tick()
                beat_at = time.monotonic() + longest / 2

    def _tick(self) -> None:
        """Called every second or so."""

    @staticmethod
    def _read(connection: Any) -> None:
        """Take one method in, and all that TLS has decrypted already."""
        while True:
            try:
                connection.drain_events(timeout=FRAME_WITHIN)
            except TimeoutError:
                return
            pending = getattr(connection.sock, "pending", None)
            if pending is None or not pending():
                return

    # what is said of it ---------------------------------------------------------------------------------------------

    def _tell_up(self, broker: Broker) -> None:
        self.connected_to = str(broker)
        if self._failing_since is not None:
            away = time.monotonic() - self._failing_since
            log.warning("%s: broker %s is there again, after %.1f s", self.name, broker, away)
        self._failing_since = None

    def _tell_down(self, broker: Broker, error: Exception) -> None:
        now = time.monotonic()
        first = self._failing_since is None
        self._failing_since = now if self._failing_since is None else self._failing_since
        if first or now - self._told_at > TELL_EVERY:
            self._told_at = now
            reason = str(error) or type(error).__name__
            log.warning("%s: broker %s: %s; trying again until one answers", self.name, broker, reason)
