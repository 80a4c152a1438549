"""A runtime for tests: one thread, a clock that jumps, an order of things that a seed chose, and faults.

Components are stepped one at a time. A crash is an exception raised at a named checkpoint outside transactions; the
component that had the baton is thrown away and made anew, as after `kill -9`. The bus may lose, repeat and reorder.
The same seed gives the same run.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cupola.base.bus.message import Message
from cupola.base.bus.protocol import Bus, Delivery
from cupola.base.clock import ManualClock
from cupola.base.runtime import Component, Wakeups

Maker = Callable[[], Component]


class Crash(BaseException):
    """The process died here. Not an Exception: nothing in the program may catch it."""


@dataclass
class Checkpoints:
    """Where a component may die: counts the checkpoints passed, and crashes at the chosen ones."""

    crash_at: frozenset[int] = frozenset()
    passed: list[str] = field(default_factory=list)
    armed: bool = False

    def __call__(self, name: str) -> None:
        if not self.armed:
            return
        self.passed.append(name)
        if len(self.passed) - 1 in self.crash_at:
            raise Crash(f"at checkpoint {len(self.passed) - 1}, {name}")


class FaultyBus:
    """A bus that loses, repeats and reorders messages by the seed's chance (each a probability)."""

    def __init__(
        self, bus: Bus, chance: random.Random, drop: float = 0.0, duplicate: float = 0.0, reorder: float = 0.0
    ) -> None:
        self._bus = bus
        self._chance = chance
        self.drop, self.duplicate, self.reorder = drop, duplicate, reorder

    def publish(self, message: Message) -> None:
        if self._chance.random() < self.drop:
            return
        self._bus.publish(message)
        if self._chance.random() < self.duplicate:
            self._bus.publish(message)

    def receive(self, topic: str, limit: int = 32) -> Sequence[Delivery]:
        deliveries = list(self._bus.receive(topic, limit))
        if self._chance.random() < self.reorder:
            self._chance.shuffle(deliveries)
        return deliveries

    @contextlib.contextmanager
    def reliable(self) -> Iterator[None]:
        """Nothing is lost, repeated or reordered in the meantime."""
        faults = self.drop, self.duplicate, self.reorder
        self.drop = self.duplicate = self.reorder = 0.0
        yield
        self.drop, self.duplicate, self.reorder = faults

    def requeue(self, topic: str) -> None:
        self._bus.requeue(topic)

    def depth(self, topic: str) -> int:
        return self._bus.depth(topic)

    def close(self) -> None:
        self._bus.close()


class NotSettled(AssertionError):
    """Work was left after the longest time it may take."""


class Simulator:
    """Steps components until nothing is left to do; jumps over the times in which nothing is due."""

    def __init__(
        self,
        makers: Mapping[str, Maker],
        clock: ManualClock,
        wakeups: Wakeups,
        quiet: Callable[[], bool],
        on_crash: Callable[[str], None] = lambda name: None,
        seed: int = 0,
    ) -> None:
        self._makers = dict(makers)
        self._clock = clock
        self._quiet = quiet
        self._on_crash = on_crash
        self._chance = random.Random(seed)  # noqa: S311 - repeatable by purpose
        self._components = {name: maker() for name, maker in makers.items()}
        self._due: dict[str, datetime | None] = {name: clock.now() for name in makers}
        self._absent: set[str] = set()
        self.crashes: list[str] = []
        self._wakeups = wakeups
        for name in makers:
            self._listen(name)

    def add(self, name: str, maker: Maker) -> None:
        """Take one more component in."""
        self._makers[name] = maker
        self._components[name] = maker()
        self._due[name] = self._clock.now()
        self._listen(name)

    def _listen(self, name: str) -> None:
        self._wakeups.listen(name, lambda: self._due.__setitem__(name, self._clock.now()))

    def stop(self, name: str) -> None:
        """A component is down until `start`: it is not stepped."""
        self._absent.add(name)

    def start(self, name: str) -> None:
        """A component that was down is there again, made anew."""
        self._absent.discard(name)
        self._renew(name)

    def resume(self, name: str) -> None:
        """A component that was down goes on where it was, as after a hang."""
        self._absent.discard(name)
        self._due[name] = self._clock.now()

    def set_back(self, seconds: float) -> None:
        """The clock is set back. Nobody notices: threads wait for a while, not until a time."""
        self._clock.advance(-seconds)
        self._due = dict.fromkeys(self._due, self._clock.now())

    def settle(self, within: float = 3600.0) -> None:
        """Go on until nothing is left to do. Raises NotSettled after `within` seconds of the simulated clock."""
        end = self._clock.now() + timedelta(seconds=within)
        while True:
            while ready := self._ready():
                self._step(self._chance.choice(ready))
            if self._quiet():
                return
            later = [due for name, due in self._due.items() if due is not None and name not in self._absent]
            if not later or self._clock.now() > end:
                raise NotSettled(f"work was left after {within:.0f} s; crashes: {self.crashes}")
            self._clock.advance_to(min(later))

    def run_for(self, seconds: float) -> None:
        """Let `seconds` pass, whatever happens in them."""
        end = self._clock.now() + timedelta(seconds=seconds)
        while self._clock.now() < end:
            while ready := self._ready():
                self._step(self._chance.choice(ready))
            later = [due for name, due in self._due.items() if due is not None and name not in self._absent]
            self._clock.advance_to(min([*later, end]))

    def _ready(self) -> list[str]:
        now = self._clock.now()
        return sorted(
            name for name, due in self._due.items() if due is not None and due <= now and name not in self._absent
        )

    def _step(self, name: str) -> None:
        self._due[name] = None
        try:
            due = self._components[name].step(self._clock.now())
        except Crash as crash:
            self.crashes.append(f"{name} {crash}")
            self._renew(name)
            return
        woken = self._due[name]
        self._due[name] = min(woken, due) if woken is not None and due is not None else woken or due

    def _renew(self, name: str) -> None:
        self._on_crash(name)
        self._components[name] = self._makers[name]()
        self._due[name] = self._clock.now()
