"""The life of a process that serves: waits for what it needs, says that it is ready and alive, reloads, ends.

The only place that handles signals. SIGTERM and SIGINT end `serve`, whose caller then stops what it started; SIGHUP has
the settings read again. Signs of life go to the service manager only while nothing hangs.
"""

from __future__ import annotations

import logging
import queue
import signal
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from cupola.base.errors import OperatorsError, Unavailable
from cupola.base.observe.notify import Notifier
from cupola.base.runtime import Hang

T = TypeVar("T")
log = logging.getLogger(__name__)

LOOK_EVERY = 10.0
"""seconds between looks for what hangs, where no service manager asks for signs of life more often"""
AGAIN_AFTER = 2.0
"""seconds between attempts to reach what a part needs"""
STOP_WITHIN = 80.0


class Stopped(Exception):
    """A signal ended the process before it served."""


class Life:
    """One a process, made in its main thread."""

    def __init__(self, notifier: Notifier | None = None) -> None:
        self._notifier = notifier or Notifier.of_this_process()
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # its `put` may interrupt its own `get`
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: self._signals.put(number))
        self._known_to_hang: set[str] = set()
        self._told = ""

    def until(self, awaited: str, attempt: Callable[[], T]) -> T:
        """What `attempt` returns as soon as it does not raise Unavailable; meanwhile our state names what is awaited.

        Raises Stopped when a signal ends the wait.
        """
        waiting = False
        while True:
            try:
                result = attempt()
            except Unavailable as error:
                if not waiting:
                    log.warning("waiting for %s: %s", awaited, error.message)
                waiting = True
                self._notifier.status(f"Waiting for {awaited}: {error.message}")
                self._notifier.longer(AGAIN_AFTER + 60)
            else:
                if waiting:
                    log.info("%s is there", awaited)
                return result
            if self._next(AGAIN_AFTER) in (signal.SIGTERM, signal.SIGINT):
                self._notifier.stopping()
                raise Stopped(f"stopped while waiting for {awaited}")

    def serve(
        self, status: Callable[[], str], reload: Callable[[], str], hanging: Callable[[], Sequence[Hang]]
    ) -> None:
        """Be ready until told to end. `status` says what we are at; `reload` returns a sentence of what came of it."""
        watchdog = self._notifier.watchdog
        every = min(LOOK_EVERY, watchdog / 2) if watchdog else LOOK_EVERY
        self._notifier.ready()
        look_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= look_at:
                self._look(status(), hanging())
                look_at = now + every
            match self._next(max(0.0, look_at - time.monotonic())):
                case signal.SIGHUP:
                    self._reload(reload, status())
                case signal.SIGTERM | signal.SIGINT:
                    break
        self._notifier.stopping()
        self._notifier.status("Ending what is under way.")
        self._notifier.longer(STOP_WITHIN)

    def _next(self, within: float) -> int | None:
        try:
            return self._signals.get(timeout=within)
        except queue.Empty:
            return None

    def _look(self, status: str, hangs: Sequence[Hang]) -> None:
        for hang in hangs:
            if hang.name not in self._known_to_hang:
                log.error("%s hangs since %.0f s, here:\n%s", hang.name, hang.seconds, hang.where)
        names = {hang.name for hang in hangs}
        if not names:
            self._notifier.alive()
        self._tell(f"Hangs: {', '.join(sorted(names))}." if names else status)
        self._known_to_hang = names

    def _tell(self, status: str) -> None:
        """Say what we are at, when that is news."""
        if status != self._told:
            self._notifier.status(status)
            self._told = status

    def _reload(self, reload: Callable[[], str], status: str) -> None:
        self._notifier.reloading()
        try:
            said = reload()
        except OperatorsError as error:
            said = f"The settings stay as they were: {error}"
            log.error("%s", said)
        except Exception:
            said = "The settings stay as they were: an error, which the log has."
            log.exception("the settings could not be read again")
        else:
            log.info("%s", said)
        self._notifier.ready()
        self._notifier.status(f"{status} {said}")  # until there is news
