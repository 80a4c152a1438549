"""Several conductors over one database: what only one may do is done by one. With real threads, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, select, update

from cupola.base.bus.message import REPORTS, Message
from cupola.base.context import system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import Column, Id, Integer, Table
from cupola.base.errors import Unavailable
from cupola.base.operations import Operation, OperationLive, Report, Run, Step
from cupola.base.operations.conductor import Recorder, Runner
from cupola.base.operations.relay import Relay
from cupola.base.operations.tables import journal, operations, outbox

counters = Table("counters", MetaData(), Column("id", Id, primary_key=True), Column("value", Integer, nullable=False))


def bump(tx: Transaction, name: str) -> None:
    tx.execute(update(counters).where(counters.c.id == name).values(value=counters.c.value + 1))


def first(run: Run) -> None:
    bump(run.tx, run.resource_id)


def second(run: Run) -> None:
    bump(run.tx, run.resource_id)


def ask(run: Run) -> None:
    run.send("h1", "command", f"counter/{run.resource_id}", {"verb": "count"})
    run.send("h2", "command", f"counter/{run.resource_id}", {"verb": "count"})


def hear(run: Run, reports: Any) -> None:
    bump(run.tx, run.resource_id)


COUNT = Operation("counter.count", "counter", (Step(first), Step(second)))
ASK = Operation("counter.ask", "counter", (Step(ask, reported=hear),))


@pytest.fixture
def home(house: Any, contended: Database) -> Any:
    counters.metadata.create_all(contended.engine)
    home = house(COUNT, ASK)
    home.ctx.transact("prepare", lambda tx: tx.execute(insert(counters), [{"id": n, "value": 0} for n in "abcdef"]))
    home.clock = contended.clock
    return home


def counted(home: Any) -> dict[str, int]:
    return {row["id"]: row["value"] for row in home.rows(select(counters))}


def failures(results: list[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


def test_each_step_is_done_once_however_many_runners_there_are(home: Any, together: Any) -> None:
    for name in "abcdef":
        home.submit("counter.count", name)
    results = together(lambda n: Runner(home.cloud, home.engine).step(home.clock.now()), 4)
    assert failures(results) == []
    assert counted(home) == dict.fromkeys("abcdef", 2)
    assert {row["state"] for row in home.rows(select(operations))} == {"done"}
    assert len(home.rows(select(journal))) == 12


def test_of_operations_that_want_one_resource_at_once_one_is_taken(home: Any, together: Any) -> None:
    results = together(lambda n: home.submit("counter.count", "a"), 4)
    taken = [result for result in results if isinstance(result, str)]
    assert len(taken) == 1
    assert [type(result) for result in failures(results)] == [OperationLive] * 3


def test_of_superseding_operations_one_is_left(home: Any, together: Any) -> None:
    results = together(lambda n: home.submit("counter.count", "a", supersede=True), 4)
    assert failures(results) == [], "whoever was overtaken supersedes the one that was faster"
    live = home.rows(select(operations.c.id).where(operations.c.ended_at.is_(None)))
    assert len(live) == 1


def test_a_report_is_recorded_once_however_often_and_wherever_it_arrives(home: Any, together: Any) -> None:
    operation = home.submit("counter.ask", "a")
    Runner(home.cloud, home.engine).step(home.clock.now())
    for row in home.rows(select(outbox)):
        report = Report(row["id"], row["topic"].removeprefix("host."), True)
        for _ in range(3):
            home.bus.publish(Message(row["id"], REPORTS, "report", row["subject"], report.to_payload()))

    observers = {"counter": lambda tx, ctx, subject, report: bump(tx, "b")}
    results = together(lambda n: Recorder(home.cloud, home.bus, home.engine, observers).step(home.clock.now()), 3)
    assert failures(results) == []
    assert counted(home) == {**dict.fromkeys("abcdef", 0), "a": 1, "b": 2}
    assert home.state(operation)["state"] == "done"


def test_a_message_that_is_overdue_is_sent_again_by_one_relay(home: Any, together: Any) -> None:
    ctx, messages = home.ctx, home.engine.outbox
    home.ctx.transact("queue", lambda tx: [messages.queue(tx, ctx, "h1", "converge", f"lamp/{n}") for n in range(20)])
    home.bus.receive("host.h1", 100)
    home.ctx.transact("overdue", lambda tx: tx.execute(update(outbox).values(next_send_at=tx.now)))
    results = together(lambda n: Relay(home.cloud, home.bus, messages).step(home.clock.now()), 4)
    assert failures(results) == []
    again = [delivery.message.subject for delivery in home.bus.receive("host.h1", 100)]
    assert sorted(again) == sorted(f"lamp/{n}" for n in range(20))


def test_an_operation_whose_time_has_not_come_is_left_alone(home: Any) -> None:
    """Another runner was faster, and what failed there is to wait for its back-off."""
    operation = home.submit("counter.count", "a")
    ctx = system_context(home.cloud, "req-2")
    later = update(operations).values(due_at=home.clock.now() + timedelta(seconds=60))
    home.ctx.transact("postpone", lambda tx: tx.execute(later))
    ctx.transact("advance", lambda tx: home.engine.advance(tx, ctx, operation, due=True))
    assert counted(home)["a"] == 0


def test_what_hosts_say_is_kept_while_the_database_is_away(home: Any) -> None:
    """An observation that nobody asked for is sent once only."""
    heard: list[str] = []

    def observe(tx: Transaction, ctx: Any, subject: str, report: Report) -> None:
        if not heard:
            heard.append("away")
            raise Unavailable("the database is away")
        heard.append(subject)

    recorder = Recorder(home.cloud, home.bus, home.engine, {"lamp": observe})
    for subject in ("lamp/one", "lamp/two"):
        home.bus.publish(Message("", REPORTS, "report", subject, Report("", "h1", True).to_payload()))
    assert recorder.step(home.clock.now()) > home.clock.now(), "it waits a moment"
    recorder.step(home.clock.now())
    assert heard == ["away", "lamp/one", "lamp/two"]


def test_a_report_that_cannot_be_recorded_stops_no_other(home: Any) -> None:
    heard: list[str] = []

    def observe(tx: Transaction, ctx: Any, subject: str, report: Report) -> None:
        if subject == "lamp/one":
            raise LookupError("a bug")
        heard.append(subject)

    for subject in ("lamp/one", "lamp/two"):
        home.bus.publish(Message("", REPORTS, "report", subject, Report("", "h1", True).to_payload()))
    Recorder(home.cloud, home.bus, home.engine, {"lamp": observe}).step(home.clock.now())
    assert heard == ["lamp/two"]


def test_a_report_of_something_else_than_was_asked_says_nothing(home: Any) -> None:
    told: list[str] = []
    message_id = home.ctx.transact(
        "queue", lambda tx: home.engine.outbox.queue(tx, home.ctx, "h1", "converge", "lamp/mine")
    )
    recorder = Recorder(
        home.cloud, home.bus, home.engine, {"lamp": lambda tx, ctx, subject, report: told.append(subject)}
    )
    for subject, asked in (("lamp/yours", "converge"), ("lamp/mine", "command"), ("lamp/mine", "converge")):
        report = Report(message_id, "h1", True, asked=asked)
        home.bus.publish(Message(message_id, REPORTS, "report", subject, report.to_payload()))
        recorder.step(home.clock.now())
        assert told == (["lamp/mine"] if (subject, asked) == ("lamp/mine", "converge") else [])
