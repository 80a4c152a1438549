"""Lanes: what may happen at once, and what may not."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread

import pytest

from cupola.base.hosts.lanes import Lanes


def test_what_comes_for_a_busy_subject_is_left_and_done_together_by_whoever_goes_on() -> None:
    done = list[list[str]]()

    def work(subject: str, asked: Sequence[str]) -> None:
        if "first" in asked:
            lanes.run("boat/1", ["second"])
            lanes.run("boat/2", ["another boat"])
            lanes.run("boat/1", ["third", "fourth"])
            assert not lanes.go_on(), "somebody is at work on it"
        done.append(list(asked))

    lanes = Lanes[str](work)
    lanes.run("boat/1", ["first"])
    assert done == [["another boat"], ["first"]], "whoever was at work is free again, however much is asked"
    assert lanes.go_on() and not lanes.go_on()
    assert done[2:] == [["second", "third", "fourth"]]


def test_what_was_left_comes_before_what_is_asked_later() -> None:
    done = list[list[str]]()

    def work(subject: str, asked: Sequence[str]) -> None:
        done.append(list(asked))
        if asked == ["first"]:
            lanes.run("boat", ["second"])

    lanes = Lanes[str](work)
    lanes.run("boat", ["first"])
    lanes.run("boat", ["third"])
    assert done == [["first"], ["second", "third"]]


def test_nobody_waits_and_nothing_of_one_subject_overlaps() -> None:
    begun, go_on, at_work = Event(), Event(), list[int]()
    done, most = list[int](), list[int]()

    def work(subject: str, asked: Sequence[int]) -> None:
        at_work.append(1)
        if 0 in asked:
            begun.set()
            go_on.wait(10)
        most.append(len(at_work))
        done.extend(asked)
        at_work.pop()

    lanes = Lanes[int](work)
    busy = Thread(target=lanes.run, args=("boat", [0]))
    busy.start()
    begun.wait(10)
    others = [Thread(target=lanes.run, args=("boat", [number])) for number in range(1, 21)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(10)
        assert not thread.is_alive()
    go_on.set()
    busy.join(10)
    while lanes.go_on():
        pass
    assert (set(most), sorted(done)) == ({1}, list(range(21)))


def test_a_worker_that_dies_leaves_the_subject_free() -> None:
    done = list[str]()

    def work(subject: str, asked: Sequence[str]) -> None:
        if "first" in asked:
            lanes.run("boat", ["left behind"])
            raise SystemExit
        done.extend(asked)

    lanes = Lanes[str](work)
    with pytest.raises(SystemExit):
        lanes.run("boat", ["first"])
    lanes.run("boat", ["next"])
    assert done == ["next"]
