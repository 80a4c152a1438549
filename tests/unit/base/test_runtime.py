"""Threads: the runtime of the running program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from cupola.base import runtime
from cupola.base.clock import SystemClock
from cupola.base.runtime import Threads, Wakeups

FAR = timedelta(hours=1)


class Part:
    """A component that does what the test says; `steps` counts how often it was called."""

    def __init__(self, name: str, work: Callable[[int], timedelta | None] = lambda step: FAR) -> None:
        self.name = name
        self._work = work
        self.steps = 0
        self._stepped = threading.Condition()

    def step(self, now: datetime) -> datetime | None:
        with self._stepped:
            self.steps += 1
            self._stepped.notify_all()
        wait = self._work(self.steps)
        return None if wait is None else now + wait

    def reach(self, steps: int) -> None:
        """Wait until it was called so often."""
        with self._stepped:
            assert self._stepped.wait_for(lambda: self.steps >= steps, 10), f"{self.name}: {self.steps} steps"


@pytest.fixture
def wakeups() -> Wakeups:
    return Wakeups()


@pytest.fixture
def threads(wakeups: Wakeups) -> Iterator[Threads]:
    threads = Threads(SystemClock(), wakeups)
    yield threads
    threads.stop()


def test_a_component_is_called_when_it_said(threads: Threads) -> None:
    part = Part("clock", lambda step: timedelta(milliseconds=1))
    threads.start([part])
    part.reach(5)


@pytest.mark.parametrize("wait", [FAR, None])
def test_a_wake_up_shortens_the_wait(threads: Threads, wakeups: Wakeups, wait: timedelta | None) -> None:
    part, other = Part("sleeper", lambda step: wait), Part("other")
    threads.start([part, other])
    part.reach(1)
    other.reach(1)
    wakeups.notify("sleeper")
    part.reach(2)
    wakeups.notify("nobody")
    assert other.steps == 1


def test_a_wake_up_during_a_step_is_not_lost(threads: Threads, wakeups: Wakeups) -> None:
    def wake_myself(step: int) -> timedelta:
        if step < 3:
            wakeups.notify("sleeper")
        return FAR

    part = Part("sleeper", wake_myself)
    threads.start([part])
    part.reach(3)


def test_a_component_that_fails_is_called_again_and_others_go_on(
    threads: Threads, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runtime, "AFTER_FAILURE", timedelta(milliseconds=1))

    def fail(step: int) -> timedelta:
        if step < 3:
            raise LookupError("a bug")
        return FAR

    failing, fine = Part("failing", fail), Part("fine", lambda step: timedelta(milliseconds=1))
    threads.start([failing, fine])
    failing.reach(3)
    fine.reach(3)
    assert "a pass of failing failed" in caplog.text


def test_components_end_in_the_reverse_order_of_their_start(wakeups: Wakeups) -> None:
    """What was started last ends first; until it has, the others work on."""
    threads, release = Threads(SystemClock(), wakeups), threading.Event()
    first = Part("first", lambda step: timedelta(milliseconds=1))
    last = Part("last", lambda step: (release.wait(10), FAR)[1])
    threads.start([first, last])
    last.reach(1)
    stopper = threading.Thread(target=threads.stop)
    stopper.start()
    first.reach(first.steps + 3)
    release.set()
    stopper.join(10)
    steps = first.steps
    assert (last.steps, stopper.is_alive()) == (1, False)
    wakeups.notify("first")
    assert first.steps == steps, "nothing runs any more"


def test_stopping_does_not_wait_for_the_next_step(threads: Threads) -> None:
    parts = [Part(f"part{number}", lambda step: None) for number in range(5)]
    threads.start(parts)
    assert threads.stop(timeout=5) == []


def test_components_of_one_name_are_told_to_stop_together(wakeups: Wakeups) -> None:
    """Else each that is busy would have all the time there is, one after the other."""
    threads, release = Threads(SystemClock(), wakeups), threading.Event()
    idle = Part("hand")
    busy = Part("hand", lambda step: (release.wait(30) and FAR) or FAR)
    threads.start([idle, busy])
    busy.reach(1)
    (hand, _) = [thread for thread in threading.enumerate() if thread.name == "hand"]
    stopping = threading.Thread(target=threads.stop)
    stopping.start()
    hand.join(10)
    assert not hand.is_alive()
    release.set()
    stopping.join(10)


def test_components_that_do_not_end_are_named(wakeups: Wakeups) -> None:
    threads, release = Threads(SystemClock(), wakeups), threading.Event()
    stuck = Part("stuck", lambda step: (release.wait(10) and FAR) or FAR)
    threads.start([stuck])
    stuck.reach(1)
    assert threads.stop(timeout=0.01) == ["stuck"]
    release.set()
