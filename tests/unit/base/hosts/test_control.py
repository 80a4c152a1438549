"""What agents ask of the control plane, and how it knows its hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.db.types import metadata
from cupola.base.hosts.control import LocalControl, is_unchanged
from cupola.base.hosts.registry import HostTaken, all_hosts
from cupola.base.hosts.tables import hosts

SHARED = {"generation": 1, "list": [1]}


class Boats:
    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return ["1", "2"] if host == "h1" else []

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Any]:
        return {id_: SHARED if id_ == "1" else None for id_ in ids if id_ != "2"}

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return [id_ for id_, generation in known.items() if generation == SHARED["generation"]]


@pytest.fixture
def told() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def control(ctx: Context, told: list[tuple[str, Any]]) -> LocalControl:
    metadata.create_all(ctx.cloud.db.engine, [hosts])
    listeners = [lambda tx, ctx, host, facts: told.append((host, facts))]
    return LocalControl(
        ctx.cloud, {"boat": Boats()}, lambda c, h, i, s: iter(()), lambda c, n, a, p: (404, b""), listeners
    )


def test_subjects_are_named_by_kind(control: LocalControl) -> None:
    assert control.subjects("h1") == ["boat/1", "boat/2"]
    assert control.subjects("h2") == []


def test_what_a_service_does_not_want_is_to_be_gone_and_what_none_knows_is_left_out(control: LocalControl) -> None:
    asked = ["boat/1", "boat/2", "boat/9", "kite/1"]
    assert control.documents("h1", asked) == {"boat/1": SHARED, "boat/9": None}


def test_of_what_the_host_knows_and_is_still_wanted_it_is_told_only_that(control: LocalControl) -> None:
    first, second = (control.documents("h1", ["boat/1"], {"boat/1": generation})["boat/1"] for generation in (1, 0))
    assert (is_unchanged(first), is_unchanged(second)) == (True, False)
    assert second == SHARED


def test_documents_share_nothing_with_the_control_plane(control: LocalControl) -> None:
    document = control.documents("h1", ["boat/1"])["boat/1"]
    assert document is not None
    document["list"].append(2)
    assert SHARED == {"generation": 1, "list": [1]}


def test_services_hear_of_a_host_that_is_new_started_anew_or_changed(
    control: LocalControl, ctx: Context, told: list[tuple[str, Any]]
) -> None:
    start = ctx.now()
    for facts, started_at in [({"a": 1}, start), ({"a": 1}, start), ({"a": 2}, start)]:
        control.hello("h1", facts, started_at)
    control.hello("h1", {"a": 2}, start + timedelta(microseconds=1))
    assert told == [("h1", {"a": 1}), ("h1", {"a": 2}), ("h1", {"a": 2})]


def test_what_a_host_says_again_costs_less_than_what_is_new(control: LocalControl, ctx: Context) -> None:
    def statements(facts: Mapping[str, Any]) -> int:
        before = ctx.cloud.db.statistics.statements
        control.hello("h1", facts, start, "one")
        return ctx.cloud.db.statistics.statements - before

    start = ctx.now()
    new = statements({"a": [1, {"b": 2}]})
    assert statements({"a": [1, {"b": 2}]}) == new - 2, "neither read nor written anew"
    assert statements({"a": [1, {"b": 3}]}) == new


def test_a_host_that_was_not_heard_of_for_a_while_is_not_alive(control: LocalControl, ctx: Context) -> None:
    control.hello("h1", {}, ctx.now())
    (host,) = ctx.read("look", all_hosts)
    assert host.alive(ctx.now() + timedelta(seconds=59))
    assert not host.alive(ctx.now() + timedelta(seconds=60))


def test_a_hello_brings_an_old_host_back(control: LocalControl, ctx: Context) -> None:
    control.hello("h1", {}, ctx.now())
    long_ago = ctx.now() - timedelta(days=1)
    ctx.transact("age", lambda tx: tx.execute(update(hosts).values(seen_at=long_ago)))
    control.hello("h1", {}, ctx.now())
    assert ctx.read("look", all_hosts)[0].alive(ctx.now())


def test_an_agent_of_another_machine_is_told_that_the_name_is_taken_until_it_is_free(
    control: LocalControl, ctx: Context
) -> None:
    start = ctx.now()
    control.hello("h1", {}, start, "one")
    with pytest.raises(HostTaken, match="give this one another name"):
        control.hello("h1", {}, start + timedelta(seconds=1), "other")
    control.hello("h1", {}, start + timedelta(seconds=2), "one")
    long_ago = ctx.now() - timedelta(seconds=60)
    ctx.transact("age", lambda tx: tx.execute(update(hosts).values(seen_at=long_ago)))
    control.hello("h1", {}, start + timedelta(seconds=3), "other")


def test_of_two_agents_with_one_memory_the_one_that_was_started_last_speaks(
    control: LocalControl, ctx: Context
) -> None:
    start = ctx.now()
    control.hello("h1", {}, start, "one")
    control.hello("h1", {}, start + timedelta(seconds=1), "one")
    with pytest.raises(HostTaken):
        control.hello("h1", {}, start, "one")
