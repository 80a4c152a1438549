"""The only place that owns threads and waits.

A component is an object with `step(now)`: it does what is due and says when it wants to be called next. `Threads` gives
each component a thread; the simulator (`cupola.testing.simulator`) calls them one at a time in an order that a seed
chose. A wake-up only shortens a wait: a component that misses one still runs when it said it would.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Protocol

from cupola.base.clock import Clock
from cupola.base.observe.metrics import STEP_ERRORS, STEPS

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(seconds=30)
AFTER_FAILURE = timedelta(seconds=1)
LONGEST_STEP = timedelta(minutes=5)
"""A component whose step takes longer hangs, unless it has a `longest_step` of its own."""


class Component(Protocol):
    """A part of the running system: conductor, relay, agent, upkeep."""

    @property
    def name(self) -> str:
        """Unique in its process; the name to wake it by."""
        ...

    def step(self, now: datetime) -> datetime | None:
        """Do what is due. Returns when to be called again; None: only when woken (or after `LONGEST_WAIT`)."""
        ...


class Wakeups:
    """Named wake-ups: whoever has work for a component says so, and whoever runs it listens."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    def listen(self, name: str, callback: Callable[[], None]) -> None:
        self._listeners.setdefault(name, []).append(callback)

    def notify(self, name: str) -> None:
        for callback in self._listeners.get(name, ()):
            callback()


@dataclass(frozen=True)
class Hang:
    """A thread that comes no further: which, for how many seconds, and where in the program."""

    name: str
    seconds: float
    where: str


def where(thread: threading.Thread) -> str:
    """Where a thread is in the program, for a log."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame)) if frame else "the thread has ended"


@dataclass
class _Running:
    component: Component
    woken: threading.Event
    stopping: threading.Event
    thread: threading.Thread = field(init=False)
    since: float | None = None
    """When the step under way began, on the monotonic clock."""

    def hang(self, now: float) -> Hang | None:
        """How it hangs, if it does: its step takes too long, or its thread has died."""
        longest: timedelta = getattr(self.component, "longest_step", LONGEST_STEP)
        seconds = 0.0 if self.since is None else now - self.since
        if self.thread.is_alive() and seconds <= longest.total_seconds():
            return None
        return Hang(self.thread.name, seconds, where(self.thread))


class Threads:
    """Runs components, one thread each, until stopped. Stops them in the reverse order of their start."""

    def __init__(self, clock: Clock, wakeups: Wakeups) -> None:
        self._clock = clock
        self._wakeups = wakeups
        self._running: list[_Running] = []

    def start(self, components: Sequence[Component]) -> None:
        for component in components:
            woken, stopping = threading.Event(), threading.Event()
            self._wakeups.listen(component.name, woken.set)
            running = _Running(component, woken, stopping)
            running.thread = threading.Thread(target=partial(self._run, running), name=component.name, daemon=True)
            self._running.append(running)
            running.thread.start()

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        now = time.monotonic()
        return [hang for running in self._running if (hang := running.hang(now)) is not None]

    def _run(self, running: _Running) -> None:
        component, woken = running.component, running.woken
        while True:
            woken.clear()  # before the look at `stopping`: whoever stops us sets that first
            if running.stopping.is_set():
                return
            running.since = time.monotonic()
            try:
                due = component.step(self._clock.now())
            except Exception:  # a component must survive whatever one pass meets
                log.exception("a pass of %s failed", component.name)
                STEP_ERRORS.labels(component.name).inc()
                due = self._clock.now() + AFTER_FAILURE
            STEPS.labels(component.name).observe(time.monotonic() - running.since)
            running.since = None
            now = self._clock.now()
            wait = LONGEST_WAIT if due is None else min(due - now, LONGEST_WAIT)
            if wait > timedelta(0):
                woken.wait(wait.total_seconds())

    def stop(self, timeout: float = 10.0) -> list[str]:
        """Stop all components, each when those that were started after it have ended, those of one name together.

        Returns, and logs, the names of those that did not end within `timeout` seconds for each name.
        """
        late = []
        for name, group in groupby(reversed(self._running), key=lambda running: running.thread.name):
            alike, end = list(group), time.monotonic() + timeout
            for running in alike:
                running.stopping.set()
                running.woken.set()
            for running in alike:
                running.thread.join(max(0.0, end - time.monotonic()))
            late += [name for running in alike if running.thread.is_alive()]
        self._running.clear()
        if late:
            log.warning("still at work when stopped: %s", ", ".join(late))
        return late
