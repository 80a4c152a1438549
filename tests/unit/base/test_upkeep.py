"""Upkeep: loops that take turns, whatever one of them does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cupola.base.clock import ManualClock
from cupola.base.context import Context
from cupola.base.upkeep import Loop, Upkeep


@pytest.fixture
def passes() -> list[str]:
    return []


@pytest.fixture
def upkeep(file_ctx: Context, passes: list[str]) -> Upkeep:
    def often(ctx: Context) -> str:
        passes.append("often")
        return "2 pruned"

    def rare(ctx: Context) -> str:
        passes.append("rare")
        assert ctx.is_admin
        return ""

    def broken(ctx: Context) -> str:
        passes.append("broken")
        raise LookupError("a bug")

    second = timedelta(seconds=1)
    loops = (Loop("broken", 10 * second, broken), Loop("often", 10 * second, often), Loop("rare", 60 * second, rare))
    return Upkeep(file_ctx.cloud, loops)


def test_each_loop_runs_when_it_is_due_and_a_broken_one_stops_no_other(
    upkeep: Upkeep, clock: ManualClock, passes: list[str]
) -> None:
    for _ in range(60):
        due = upkeep.step(clock.now())
        assert due is not None
        assert due > clock.now()
        clock.advance(1)
    assert {name: passes.count(name) for name in passes} == {"broken": 6, "often": 6, "rare": 1}


def test_the_status_says_how_the_last_pass_went(upkeep: Upkeep, clock: ManualClock) -> None:
    upkeep.step(clock.now())
    assert upkeep.statuses["often"].said == "2 pruned"
    assert upkeep.statuses["broken"].said == "failed: a bug"
    assert upkeep.statuses["often"].at == clock.now()


def test_without_loops_there_is_nothing_to_wait_for(file_ctx: Context, clock: ManualClock) -> None:
    assert Upkeep(file_ctx.cloud, ()).step(clock.now()) is None
