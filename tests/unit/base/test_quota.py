"""Quota: what a project uses never goes over its limit, whoever takes at the same time. On every database."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.errors import OverQuota
from cupola.base.quota import UNLIMITED, Limit, Limits
from cupola.base.quota.tables import limits, usages

DECLARED = Limits(
    [
        Limit("compute.cores", 20),
        Limit("compute.ram", 1000),
        Limit("network.port", 3),
        Limit("image.size", UNLIMITED),
    ]
)


@pytest.fixture(autouse=True)
def tables(database: Database) -> None:
    metadata.create_all(database.engine, [limits, usages])


def take(ctx: Context, project: str = "p1", **amounts: int) -> None:
    ctx.transact("take", lambda tx: quota.take(tx, DECLARED, project, **amounts))


def used(ctx: Context, project: str = "p1") -> dict[str, int]:
    return ctx.read("used", lambda tx: quota.usage(tx, project))


def set_limits(ctx: Context, service: str, **wanted: int) -> None:
    ctx.transact("set", lambda tx: quota.set_limits(tx, "p1", service, wanted))


def test_what_is_taken_is_counted_for_its_project(ctx: Context) -> None:
    take(ctx, compute__cores=2, compute__ram=100)
    take(ctx, compute__cores=3)
    take(ctx, "p2", compute__cores=20)
    assert used(ctx) == {"compute.cores": 5, "compute.ram": 100}
    assert used(ctx, "p2") == {"compute.cores": 20}
    assert used(ctx, "p3") == {}


def test_all_of_a_limit_may_be_taken_and_no_more(ctx: Context) -> None:
    take(ctx, compute__cores=20)
    with pytest.raises(OverQuota, match=r"cores: Requested 1, but already used 20 of 20 cores"):
        take(ctx, compute__cores=1)


def test_over_one_limit_nothing_is_taken_of_anything(ctx: Context) -> None:
    take(ctx, compute__cores=1)

    def body(tx: Transaction) -> None:
        with pytest.raises(OverQuota) as caught:
            quota.take(tx, DECLARED, "p1", compute__cores=2, network__port=4, compute__ram=10)
        assert (caught.value.resource, caught.value.limit, caught.value.asked) == ("port", 3, 4)
        quota.take(tx, DECLARED, "p1", compute__cores=3)  # whoever catches it may ask for less

    ctx.transact("take", body)
    assert used(ctx) == {"compute.cores": 4}


def test_limits_of_several_services_hold_in_one_take(ctx: Context) -> None:
    set_limits(ctx, "network", port=1)
    with pytest.raises(OverQuota, match="port"):
        take(ctx, compute__cores=1, network__port=2)


def test_a_limit_set_for_a_project_stands_for_the_default(ctx: Context) -> None:
    set_limits(ctx, "compute", cores=1)
    with pytest.raises(OverQuota):
        take(ctx, compute__cores=2)
    take(ctx, "p2", compute__cores=2)
    set_limits(ctx, "compute", ram=5)
    set_limits(ctx, "compute", cores=2)
    seen = ctx.read("limits", lambda tx: DECLARED.of(tx, "p1", "compute"))
    assert seen == {"cores": 2, "ram": 5}
    ctx.transact("reset", lambda tx: quota.reset_limits(tx, "p1", "compute"))
    assert ctx.read("limits", lambda tx: DECLARED.of(tx, "p1", "compute")) == {"cores": 20, "ram": 1000}


@pytest.mark.parametrize("limit", [UNLIMITED, 0])
def test_unlimited_is_minus_one_and_zero_is_nothing(ctx: Context, limit: int) -> None:
    set_limits(ctx, "network", port=limit)
    if limit == UNLIMITED:
        take(ctx, network__port=10**6, image__size=10**12)
        assert used(ctx) == {"network.port": 10**6, "image.size": 10**12}
    else:
        with pytest.raises(OverQuota):
            take(ctx, network__port=1)


def test_a_limit_below_what_is_used_takes_nothing_away_and_lets_things_be_given_back(ctx: Context) -> None:
    take(ctx, network__port=3)
    set_limits(ctx, "network", port=1)
    with pytest.raises(OverQuota):
        take(ctx, network__port=1)
    take(ctx, compute__cores=1)
    ctx.transact("give", lambda tx: quota.give(tx, "p1", network__port=3))
    take(ctx, network__port=1)


def test_what_is_given_back_may_be_taken_again_and_is_never_below_nothing(ctx: Context) -> None:
    take(ctx, network__port=3)
    ctx.transact("give", lambda tx: quota.give(tx, "p1", network__port=5, compute__cores=1))
    assert used(ctx) == {"network.port": 0, "compute.cores": 0}
    take(ctx, network__port=3)
    take(ctx, network__port=-4, compute__cores=2)
    assert used(ctx) == {"network.port": 0, "compute.cores": 2}


def test_a_resource_that_nobody_declared_is_a_fault_of_the_program(ctx: Context) -> None:
    with pytest.raises(LookupError, match=r"no limit is declared for compute\.coers"):
        take(ctx, compute__coers=1)


def test_a_take_that_is_undone_was_none(ctx: Context) -> None:
    def body(tx: Transaction) -> None:
        quota.take(tx, DECLARED, "p1", compute__cores=5)
        raise LookupError("something else")

    with pytest.raises(LookupError):
        ctx.transact("take", body)
    assert used(ctx) == {}


def test_concurrent_takes_never_exceed_the_limit_and_all_of_it_is_given_out(
    contended: Database, ctx: Context, together: Any
) -> None:
    """The first use of a project, too: its row is not there yet."""

    def some(number: int) -> int:
        taken = 0
        for _ in range(8):
            try:
                take(ctx, compute__cores=1, compute__ram=1)
                taken += 1
            except OverQuota:
                pass
        return taken

    results = together(some, 4)
    assert [result for result in results if not isinstance(result, int)] == []
    assert sum(results) == 20
    assert used(ctx) == {"compute.cores": 20, "compute.ram": 20}


def test_what_is_held_is_nobody_elses_until_the_transaction_ends(
    contended: Database, ctx: Context, together: Any
) -> None:
    """The first use of a project, too."""

    def count(tx: Transaction) -> tuple[dict[str, int], dict[str, int]]:
        quota.hold(tx, "p1")
        before = quota.usage(tx, "p1")
        time.sleep(0.02)
        after = quota.usage(tx, "p1")
        quota.take(tx, DECLARED, "p1", compute__cores=1)
        return before, after

    seen = together(lambda number: ctx.transact("count", count), 4)
    assert [before == after for before, after in seen] == [True] * 4
    assert used(ctx) == {"compute.cores": 4}


def test_concurrent_takes_and_gives_lose_nothing(contended: Database, ctx: Context, together: Any) -> None:
    def borrow(number: int) -> None:
        for _ in range(5):
            take(ctx, compute__cores=2)
            ctx.transact("give", lambda tx: quota.give(tx, "p1", compute__cores=1))

    assert together(borrow, 3) == [None, None, None]
    assert used(ctx) == {"compute.cores": 15}
