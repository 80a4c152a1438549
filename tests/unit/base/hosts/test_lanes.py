"""Lanes: what may happen at once, and what may not."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread

import pytest

from cupola.base.hosts.lanes import Lanes


def test_what_comes_for_a_busy_subject_is_done_together_after_it_by_whoever_is_at_work() -> None:
    lanes, done = Lanes[str](), list[list[str]]()

    def work(asked: Sequence[str]) -> None:
        if "first" in asked:
            lanes.run("boat/1", ["second"], work)
            lanes.run("boat/2", ["another boat"], work)
            lanes.run("boat/1", ["third", "fourth"], work)
        done.append(list(asked))

    lanes.run("boat/1", ["first"], work)
    assert done == [["another boat"], ["first"], ["second", "third", "fourth"]]


def test_nobody_waits_and_nothing_of_one_subject_overlaps() -> None:
    lanes, begun, go_on, at_work = Lanes[int](), Event(), Event(), list[int]()
    done, most = list[int](), list[int]()

    def work(asked: Sequence[int]) -> None:
        at_work.append(1)
        if 0 in asked:
            begun.set()
            go_on.wait(10)
        most.append(len(at_work))
        done.extend(asked)
        at_work.pop()

    busy = Thread(target=lanes.run, args=("boat", [0], work))
    busy.start()
    begun.wait(10)
    others = [Thread(target=lanes.run, args=("boat", [number], work)) for number in range(1, 21)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(10)
        assert not thread.is_alive()
    go_on.set()
    busy.join(10)
    assert (set(most), sorted(done)) == ({1}, list(range(21)))


def test_a_worker_that_dies_leaves_the_subject_free() -> None:
    lanes, done = Lanes[str](), list[str]()

    def dies(asked: Sequence[str]) -> None:
        lanes.run("boat", ["left behind"], done.extend)
        raise SystemExit

    with pytest.raises(SystemExit):
        lanes.run("boat", ["first"], dies)
    lanes.run("boat", ["next"], done.extend)
    assert done == ["next"]
