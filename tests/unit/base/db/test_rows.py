"""Rows as frozen values, and writes that are guarded by the generation, on every database."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Database, Duplicate, Transaction
from cupola.base.errors import StaleWrite

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)


def test_a_row_comes_back_as_it_was_written(ctx: Context, store: Any) -> None:
    things, thing = store
    full = thing("one", "Ann", 3, 0.1, True, NOON, {"ä": [1, None, {"deep": "\x00 \U0001f600"}], "big": 2**62})
    empty = thing("two")
    ctx.transact("add", lambda tx: rows.add_all(tx, things, [full, empty]))
    assert ctx.read("look", lambda tx: rows.by_id(tx, thing, things, "one")) == full
    assert ctx.read("look", lambda tx: rows.many(tx, thing, select(things).order_by(things.c.id))) == [full, empty]
    assert ctx.read("look", lambda tx: rows.by_id(tx, thing, things, "three")) is None


def test_moments_are_kept_in_utc_and_a_naive_one_means_utc(ctx: Context, store: Any) -> None:
    things, thing = store
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    given = [thing("1", made_at=elsewhere), thing("2", made_at=NOON.replace(tzinfo=None))]
    ctx.transact("add", lambda tx: rows.add_all(tx, things, given))
    assert [t.made_at for t in ctx.read("look", lambda tx: rows.many(tx, thing, select(things)))] == [NOON, NOON]


def test_the_same_row_twice_is_a_duplicate(ctx: Context, store: Any) -> None:
    things, thing = store
    ctx.transact("add", lambda tx: rows.add(tx, things, thing("one")))
    with pytest.raises(Duplicate):
        ctx.transact("add", lambda tx: rows.add(tx, things, thing("one")))


def test_an_update_writes_the_changes_and_the_next_generation(ctx: Context, store: Any) -> None:
    things, thing = store
    seen = ctx.transact("add", lambda tx: rows.add(tx, things, thing("one", size=1)))
    written = ctx.transact("change", lambda tx: rows.update(tx, things, seen, size=2))
    assert written == thing("one", size=2, generation=2)
    assert ctx.read("look", lambda tx: rows.by_id(tx, thing, things, "one")) == written


def test_an_update_that_changes_nothing_is_a_write_all_the_same(ctx: Context, store: Any) -> None:
    things, thing = store
    seen = ctx.transact("add", lambda tx: rows.add(tx, things, thing("one", size=1)))
    assert ctx.transact("change", lambda tx: rows.update(tx, things, seen, size=1)).generation == 2


@pytest.mark.parametrize("meanwhile", ["written", "removed"])
def test_an_update_of_what_was_read_too_early_is_stale(ctx: Context, store: Any, meanwhile: str) -> None:
    things, thing = store
    seen = ctx.transact("add", lambda tx: rows.add(tx, things, thing("one", size=1)))

    def other(tx: Transaction) -> None:
        if meanwhile == "written":
            rows.update(tx, things, seen, size=5)
        else:
            rows.remove(tx, things, things.c.id == "one")

    ctx.transact("meanwhile", other)
    with pytest.raises(StaleWrite, match="thing one was changed"):
        ctx.transact("change", lambda tx: rows.update(tx, things, seen, size=2))


def test_concurrent_updates_follow_each_other(contended: Database, ctx: Context, store: Any, together: Any) -> None:
    """Nobody locks: whoever was overtaken reads again, and nobody's write is lost."""
    things, thing = store
    ctx.transact("add", lambda tx: rows.add(tx, things, thing("one", size=0)))

    def body(tx: Transaction) -> None:
        seen = rows.by_id(tx, thing, things, "one")
        rows.update(tx, things, seen, size=seen.size + 1)

    def several(number: int) -> int:
        written = 0
        while written < 5:
            with contextlib.suppress(StaleWrite):  # overtaken as often as it is tried: its caller may ask again
                ctx.transact("count", body)
                written += 1
        return written

    assert together(several, 4) == [5] * 4
    assert ctx.read("look", lambda tx: rows.by_id(tx, thing, things, "one")) == thing("one", size=20, generation=21)


def test_of_several_writers_of_one_reading_one_wins(
    contended: Database, ctx: Context, store: Any, together: Any
) -> None:
    things, thing = store
    seen = ctx.transact("add", lambda tx: rows.add(tx, things, thing("one")))
    results = together(lambda n: ctx.transact("change", lambda tx: rows.update(tx, things, seen, size=n)).size, 3)
    won = [result for result in results if not isinstance(result, StaleWrite)]
    assert len(won) == 1
    assert ctx.read("look", lambda tx: tx.scalar(select(things.c.size))) == won[0]


def test_a_locked_row_is_written_by_one_after_the_other(
    contended: Database, ctx: Context, store: Any, together: Any
) -> None:
    things, thing = store
    ctx.transact("add", lambda tx: rows.add(tx, things, thing("one", size=0)))

    def body(tx: Transaction) -> None:
        seen = rows.by_id(tx, thing, things, "one", lock=True)
        rows.update(tx, things, seen, size=seen.size + 1)

    together(lambda number: ctx.transact("count", body), 4)
    assert ctx.read("look", lambda tx: tx.scalar(select(things.c.size))) == 4
    assert contended.statistics.retries == 0


def test_removing_says_how_many_and_never_means_everything(ctx: Context, store: Any) -> None:
    things, thing = store
    ctx.transact("add", lambda tx: rows.add_all(tx, things, [thing("1", size=1), thing("2", size=1), thing("3")]))
    assert ctx.transact("go", lambda tx: rows.remove(tx, things, things.c.size == 1, things.c.id != "2")) == 1
    assert ctx.transact("go", lambda tx: rows.remove(tx, things, things.c.id == "none")) == 0
    with pytest.raises(ValueError, match="without a condition"):
        ctx.transact("go", lambda tx: rows.remove(tx, things))


def test_rows_are_grouped_in_the_order_they_came() -> None:
    given = [{"host": "a", "n": 1}, {"host": "b", "n": 2}, {"host": "a", "n": 3}]
    assert rows.grouped(given, "host") == {"a": [given[0], given[2]], "b": [given[1]]}
