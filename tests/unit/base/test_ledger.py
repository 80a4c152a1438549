"""The ledger: a request is noted once, with its first change or with its failure. On every database."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import insert, select

from cupola.base import ledger
from cupola.base.clock import ManualClock
from cupola.base.context import Call, Caller, Context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.errors import StaleWrite
from cupola.base.ledger.tables import requests, transitions
from cupola.base.quota.tables import usages


@pytest.fixture(autouse=True)
def tables(database: Database) -> None:
    metadata.create_all(database.engine, [requests, transitions, usages])


def asked(ctx: Context, method: str = "POST", success: int = 202, request_id: str = "req-1") -> Context:
    """The same caller, served for a request."""
    call = Call(method, "/compute/v2.1/servers?x=1", "/compute/v2.1/servers", "compute", ctx.now(), success)
    return dataclasses.replace(ctx, call=call, request_id=request_id, marks=type(ctx.marks)())


@pytest.fixture
def request_(ctx: Context) -> Context:
    return asked(ctx)


def change(tx: Transaction, name: str = "one") -> None:
    tx.execute(insert(usages).values(project_id=name, used={}, updated_at=tx.now))


def end(ctx: Context, status: int, error: str | None = None) -> None:
    assert ctx.call is not None
    ledger.record_end(ctx, ctx.call, status, error)


def noted(ctx: Context) -> list[dict[str, Any]]:
    return ctx.read("noted", lambda tx: tx.all(select(requests)))


def test_a_request_is_noted_in_the_commit_of_its_first_change(
    request_: Context, ctx: Context, clock: ManualClock
) -> None:
    clock.advance(0.25)
    request_.transact("change", change)
    (row,) = noted(ctx)
    assert (row["id"], row["service"], row["method"], row["status"]) == ("req-1", "compute", "POST", 202)
    assert (row["path"], row["route"]) == ("/compute/v2.1/servers?x=1", "/compute/v2.1/servers")
    assert (row["user_id"], row["user_name"], row["project_id"]) == ("u1", "Ann", "p1")
    assert (row["statements"], row["milliseconds"], row["error"]) == (1, 250, None)


def test_later_changes_and_the_expected_end_write_nothing_more(
    request_: Context, ctx: Context, database: Database
) -> None:
    request_.transact("change", change)
    request_.transact("change", lambda tx: change(tx, "two"))
    commits = database.statistics.commits
    end(request_, 202)
    assert (len(noted(ctx)), database.statistics.commits) == (1, commits)


def test_a_change_that_is_run_again_is_noted_once(request_: Context, ctx: Context) -> None:
    tries: list[int] = []

    def body(tx: Transaction) -> None:
        tries.append(1)
        change(tx)
        if len(tries) == 1:
            raise StaleWrite("thing", "one")

    request_.transact("change", body)
    assert len(noted(ctx)) == 1


def test_a_change_that_came_to_nothing_is_noted_when_the_request_fails(request_: Context, ctx: Context) -> None:
    def body(tx: Transaction) -> None:
        change(tx)
        raise LookupError("no")

    with pytest.raises(LookupError):
        request_.transact("change", body)
    assert noted(ctx) == []
    end(request_, 409, "no")
    assert [(row["status"], row["error"]) for row in noted(ctx)] == [(409, "no")]


def test_a_request_that_fails_after_a_change_says_so_on_its_one_row(request_: Context, ctx: Context) -> None:
    request_.transact("change", change)
    end(request_, 500, "a bug")
    assert [(row["status"], row["error"]) for row in noted(ctx)] == [(500, "a bug")]


@pytest.mark.parametrize(
    ("method", "status", "kept"),
    [
        ("POST", 202, False),
        ("POST", 404, True),
        ("DELETE", 403, True),
        ("GET", 200, False),
        ("GET", 404, False),
        ("HEAD", 404, False),
        ("GET", 500, True),
    ],
)
def test_requests_that_change_nothing_are_kept_when_they_fail_in_trying(
    ctx: Context, method: str, status: int, kept: bool
) -> None:
    end(asked(ctx, method, 200), status, "why")
    assert bool(noted(ctx)) == kept


@pytest.mark.parametrize("status", [401, 500])
def test_nobody_grows_the_database_by_being_refused(ctx: Context, status: int) -> None:
    nobody = asked(dataclasses.replace(ctx, caller=Caller()))
    commits = ctx.cloud.db.statistics.commits
    end(nobody, status, "why")
    assert (noted(ctx), ctx.cloud.db.statistics.commits) == ([], commits)


def test_a_change_of_somebody_unknown_that_failed_is_noted(ctx: Context) -> None:
    nobody = asked(dataclasses.replace(ctx, caller=Caller()))
    nobody.transact("change", change)
    end(nobody, 500, "a bug")
    assert [row["status"] for row in noted(ctx)] == [500]


def test_a_failure_is_noted_even_if_the_database_was_busy_at_first(request_: Context, ctx: Context) -> None:
    tries: list[int] = []

    def stale_at_first(tx: Transaction) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StaleWrite("thing", "one")

    ctx.cloud.db.before_commit = stale_at_first
    end(request_, 409, "no")
    assert [row["status"] for row in noted(ctx)] == [409]


def test_reading_and_transactions_without_a_change_note_nothing(request_: Context, ctx: Context) -> None:
    request_.read("look", lambda tx: tx.all(select(usages)))
    request_.transact("look", lambda tx: tx.all(select(usages)))
    assert noted(ctx) == []


def test_what_the_cloud_does_by_itself_is_no_request(ctx: Context) -> None:
    ctx.transact("change", change)
    assert noted(ctx) == []


def test_a_message_of_any_length_and_with_any_character_can_be_kept(request_: Context, ctx: Context) -> None:
    end(request_, 400, "no \x00 \ud800 " + "ä" * 100_000)
    (row,) = noted(ctx)
    assert row["error"].startswith("no \\x00 \\ud800 ä")
    assert len(row["error"]) < 10_000


def test_a_transition_says_what_became_of_a_thing_by_which_request_and_step(request_: Context, ctx: Context) -> None:
    acting = request_.acting_for("operation-1", "spawn")

    def body(tx: Transaction) -> None:
        ledger.transition(tx, request_, "server", "s1", None, {"status": "BUILD"})
        ledger.transition(tx, acting, "server", "s1", {"status": "BUILD"}, {"status": "ACTIVE"}, project_id="p2")

    request_.transact("change", body)
    made, built = ctx.read("look", lambda tx: tx.all(select(transitions).order_by(transitions.c.project_id)))
    assert (made["old"], made["new"], made["project_id"]) == (None, {"status": "BUILD"}, "p1")
    assert (built["old"], built["new"], built["project_id"]) == ({"status": "BUILD"}, {"status": "ACTIVE"}, "p2")
    assert (built["request_id"], built["operation_id"], built["step"]) == ("req-1", "operation-1", "spawn")
    assert (made["operation_id"], made["at"]) == (None, ctx.now())
