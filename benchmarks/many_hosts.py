"""Many simulated hosts in one process, so that a thousand of them fit on one machine.

    python -m benchmarks.many_hosts --config cupola.toml --states DIRECTORY HOST...

Each host is what `cupola agent` makes: an agent with its own rooms, state directory, credential, memory of commands and
queue. They share the process, its connections with the broker, and a few threads, by which they take turns: a host that
has nothing to do costs memory and no thread.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import itertools
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cupola.base.clock import Clock, SystemClock
from cupola.base.life import Life
from cupola.base.observe.log import set_up
from cupola.base.process import allow_many_files
from cupola.base.runtime import AFTER_FAILURE, LONGEST_WAIT, Component, Hang, Wakeups
from cupola.wiring.agent import make_agent, remote_control
from cupola.wiring.bus import apart_bus
from cupola.wiring.settings import load_settings

log = logging.getLogger(__name__)

THREADS = 8
"""Things that hosts of a process do at once; most of the time they wait for an answer."""


@dataclass
class _Member:
    component: Component
    turn: int = 0
    """The number of its next turn: one in the heap with another number is void."""
    at_work: bool = False
    woken: bool = False


class Crowd:
    """Runs many components by a few threads, each of them by one at a time."""

    def __init__(self, clock: Clock, wakeups: Wakeups) -> None:
        self._clock = clock
        self._wakeups = wakeups
        self._numbers = itertools.count(1)
        self._turns: list[tuple[float, int, _Member]] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, components: Sequence[Component], threads: int = THREADS) -> None:
        for component in components:
            member = _Member(component)
            self._wakeups.listen(component.name, partial(self._wake, member))
            self._wake(member)
        for number in range(threads):
            thread = threading.Thread(target=self._run, name=f"crowd {number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(10)

    def _wake(self, member: _Member) -> None:
        with self._changed:
            if member.at_work:
                member.woken = True
            else:
                self._plan(member, self._now())

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _plan(self, member: _Member, at: float) -> None:
        member.turn = next(self._numbers)
        heapq.heappush(self._turns, (at, member.turn, member))
        self._changed.notify()

    def _next(self) -> _Member | None:
        """Whose turn it is; waits for it. None: it is over."""
        with self._changed:
            while not self._stopping:
                wait = None
                while self._turns:
                    at, turn, member = self._turns[0]
                    wait = at - self._now()
                    if turn != member.turn:
                        heapq.heappop(self._turns)
                        wait = None
                    elif wait <= 0:
                        heapq.heappop(self._turns)
                        member.at_work, member.woken, member.turn = True, False, 0
                        return member
                    else:
                        break
                self._changed.wait(wait)
            return None

    def _run(self) -> None:
        while (member := self._next()) is not None:
            now = self._clock.now()
            try:
                due = member.component.step(now) or now + LONGEST_WAIT
            except Exception:
                log.exception("a pass of %s failed", member.component.name)
                due = now + AFTER_FAILURE
            with self._changed:
                member.at_work = False
                self._plan(member, self._now() if member.woken else due.timestamp())


@dataclass
class ManyHosts:
    """A part (see `cupola.cli.serving`) that is many agents."""

    crowd: Crowd
    number: int
    held: contextlib.ExitStack

    def status(self) -> str:
        return f"{self.number} hosts."

    def hanging(self) -> list[Hang]:
        return []

    def stop(self) -> None:
        self.crowd.stop()
        self.held.close()


def start(config: Path, states: Path, hosts: Sequence[str]) -> ManyHosts:
    """Start the agents of `hosts`; the state directory of each is in `states`."""
    allow_many_files()
    clock, wakeups = SystemClock(), Wakeups()
    with contextlib.ExitStack() as undo:
        bus = apart_bus(load_settings(config, states, {"host": hosts[0]}), wakeups, "hosts")
        undo.callback(bus.close)
        components: list[Component] = []
        for host in hosts:
            settings = load_settings(config, states / host, {"host": host})
            held = settings.credential_file.read_text().strip()
            made = make_agent(settings, bus, remote_control(settings), clock, partial(str, held))
            undo.callback(made.close)
            components += made.agent.parts(hands=1)
        crowd = Crowd(clock, wakeups)
        crowd.start(components)
        return ManyHosts(crowd, len(hosts), undo.pop_all())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--config", type=Path, required=True)
    options.add_argument("--states", type=Path, required=True)
    options.add_argument("hosts", nargs="+")
    given = options.parse_args()
    life = Life()
    set_up("WARNING", service="hosts")
    part = start(given.config, given.states, given.hosts)
    life.serve(part.status, lambda: "There are no settings to read again.", part.hanging)
    part.stop()


if __name__ == "__main__":
    main()
