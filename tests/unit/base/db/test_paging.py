"""Paging: walking through pages gives what sorting the whole list in memory gives, on every database."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.paging import BadMarker, Page, paged
from cupola.base.errors import BadInput

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = ("id", "name", "size", "weight", "shared", "made_at")


@pytest.fixture
def population(ctx: Context, store: Any) -> list[Any]:
    """Things with few different values, so that keys tie, and with NULLs, so that those sort too."""
    things, thing = store
    chance = random.Random(7)
    names = ["", None, None, "Zoe", "ann", "Ann", "änn", "b", "b ä", "B", "z", "\U0001f600", None]
    made = [
        thing(
            id=f"{number:02}-{chance.getrandbits(32):08x}",
            name=names[number] if number < len(names) else None,
            size=chance.choice([None, 0, -1, 2, 2, 2**31 - 1]),
            weight=chance.choice([None, 0.1, 0.2, 1e300, -1.5]),
            shared=chance.choice([None, False, True]),
            made_at=chance.choice([None, *(START + timedelta(microseconds=n, seconds=n % 3) for n in range(4))]),
        )
        for number in range(24)
    ]
    chance.shuffle(made)
    ctx.transact("add", lambda tx: rows.add_all(tx, things, made))
    return made


def plain(population: list[Any], sort: tuple[tuple[str, str], ...]) -> list[str]:
    """The ids in order, sorted in memory from the last key to the first: NULL is less than everything."""
    ordered = list(population)
    keys = [*sort] if any(key == "id" for key, _ in sort) else [*sort, ("id", sort[-1][1] if sort else "asc")]
    for key, direction in reversed(keys):
        descending = direction == "desc"

        def by(thing: Any, key: str = key) -> tuple[Any, ...]:
            value = getattr(thing, key)
            return (0,) if value is None else (1, value)

        ordered.sort(key=by, reverse=descending)
    return [thing.id for thing in ordered]


def walk(ctx: Context, store: Any, sort: tuple[tuple[str, str], ...], limit: int, reverse: bool = False) -> list[str]:
    """Page after page, from marker to marker."""
    things, _ = store
    seen: list[str] = []
    marker: str | None = None
    while True:
        page = Page(limit, marker, sort, reverse)
        found = ctx.read("page", lambda tx, page=page: paged(tx, things, select(things), page))
        assert len(found) <= limit
        if not found:
            return seen
        ids = [row["id"] for row in found]
        seen = [*ids, *seen] if reverse else [*seen, *ids]
        marker = ids[0] if reverse else ids[-1]


def sorts() -> list[tuple[tuple[str, str], ...]]:
    singles = [((key, direction),) for key in KEYS for direction in ("asc", "desc")]
    pairs = itertools.permutations(KEYS[1:], 2)
    mixed = [((one, "asc"), (other, "desc")) for one, other in pairs]
    return [(), *singles, *mixed, (("size", "desc"), ("shared", "asc"), ("made_at", "desc"), ("name", "asc"))]


def test_pages_put_together_are_the_sorted_list(ctx: Context, store: Any, population: list[Any]) -> None:
    for sort in sorts():
        assert walk(ctx, store, sort, limit=5) == plain(population, sort), sort


def test_pages_walked_backwards_are_the_same_list(ctx: Context, store: Any, population: list[Any]) -> None:
    for sort in sorts()[::3]:
        assert walk(ctx, store, sort, limit=7, reverse=True) == plain(population, sort), sort


def test_a_page_before_a_marker_ends_right_before_it(ctx: Context, store: Any, population: list[Any]) -> None:
    things, _ = store
    sort = (("size", "asc"),)
    order = plain(population, sort)
    page = Page(3, order[10], sort, reverse=True)
    found = ctx.read("page", lambda tx: paged(tx, things, select(things), page))
    assert [row["id"] for row in found] == order[7:10]


def test_what_comes_and_goes_meanwhile_neither_skips_nor_repeats(
    ctx: Context, store: Any, population: list[Any]
) -> None:
    things, thing = store
    order = plain(population, (("id", "asc"),))
    first = [r["id"] for r in ctx.read("page", lambda tx: paged(tx, things, select(things), Page(5)))]

    def meanwhile(tx: Any) -> None:
        rows.remove(tx, things, things.c.id == order[1])
        rows.add(tx, things, thing("00-000"))

    ctx.transact("meanwhile", meanwhile)
    second = ctx.read("page", lambda tx: paged(tx, things, select(things), Page(5, first[-1])))
    assert [row["id"] for row in second] == order[5:10]


def test_the_filter_of_the_statement_holds_and_the_marker_need_not_meet_it(
    ctx: Context, store: Any, population: list[Any]
) -> None:
    """A thing that leaves the list while somebody pages through it still marks where they were."""
    things, _ = store
    order = plain(population, ())
    big = [t.id for t in sorted(population, key=lambda t: t.id) if t.size == 2]
    other = next(id_ for id_ in order if id_ not in big)
    statement = select(things).where(things.c.size == 2)
    found = ctx.read("page", lambda tx: paged(tx, things, statement, Page(None, other)))
    assert [row["id"] for row in found] == [id_ for id_ in big if id_ > other]


def test_without_sort_keys_the_default_holds(ctx: Context, store: Any, population: list[Any]) -> None:
    things, _ = store
    default = (("made_at", "desc"), ("id", "desc"))
    found = ctx.read("page", lambda tx: paged(tx, things, select(things), Page(), default))
    assert [row["id"] for row in found] == plain(population, default)


@pytest.mark.parametrize("limit", [0, 24, 2**31, 10**30])
def test_a_limit_may_be_nothing_and_more_than_there_is(
    ctx: Context, store: Any, population: list[Any], limit: int
) -> None:
    things, _ = store
    found = ctx.read("page", lambda tx: paged(tx, things, select(things), Page(limit)))
    assert len(found) == min(limit, 24)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Page(sort=(("colour", "asc"),)), "'colour' is not a valid sort key"),
        (Page(sort=(("size", "up"),)), "'up' is not a valid sort direction"),
        (Page(limit=-1), "limit must be 0 or more"),
        (Page(marker="nothing"), r"marker \[nothing\] not found"),
    ],
)
def test_what_cannot_be_is_refused_by_name(file_ctx: Context, store_in_file: Any, page: Page, said: str) -> None:
    things = store_in_file
    with pytest.raises(BadInput, match=said) as caught:
        file_ctx.read("page", lambda tx: paged(tx, things, select(things), page))
    assert isinstance(caught.value, BadMarker) == bool(page.marker)
