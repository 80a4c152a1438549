"""Lanes: what may happen at once, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import pytest

from cupola.base.hosts.lanes import Lanes


def test_what_comes_for_a_busy_subject_is_done_after_it_by_whoever_is_at_work() -> None:
    lanes, done = Lanes(), list[str]()

    def first() -> None:
        lanes.run("boat/1", lambda: done.append("second"))
        lanes.run("boat/2", lambda: done.append("another boat"))
        done.append("first")

    lanes.run("boat/1", first)
    assert done == ["another boat", "first", "second"]


def test_nobody_waits_and_nothing_of_one_subject_overlaps() -> None:
    lanes, begun, go_on, at_work, most = Lanes(), Event(), Event(), list[int](), list[int]()

    def counted(then: Callable[[], object] = lambda: None) -> None:
        at_work.append(1)
        then()
        most.append(len(at_work))
        at_work.pop()

    def slow() -> None:
        begun.set()
        go_on.wait(10)

    busy = Thread(target=lanes.run, args=("boat", lambda: counted(slow)))
    busy.start()
    begun.wait(10)
    others = [Thread(target=lanes.run, args=("boat", counted)) for _ in range(20)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(10)
        assert not thread.is_alive()
    go_on.set()
    busy.join(10)
    assert most == [1] * 21


def test_a_worker_that_dies_leaves_the_subject_free() -> None:
    lanes, done = Lanes(), list[str]()

    def dies() -> None:
        lanes.run("boat", lambda: done.append("left behind"))
        raise SystemExit

    with pytest.raises(SystemExit):
        lanes.run("boat", dies)
    lanes.run("boat", lambda: done.append("next"))
    assert done == ["next"]
