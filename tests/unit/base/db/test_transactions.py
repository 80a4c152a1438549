"""Transactions: what `transact` and `read` promise, on every database."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cupola.base.clock import ManualClock
from cupola.base.context import Context
from cupola.base.db.engine import make_engine
from cupola.base.db.transaction import ATTEMPTS, Database, Duplicate, Transaction
from cupola.base.errors import BadInput, ConfigurationError, StaleWrite, Unavailable


@pytest.fixture
def things(store: Any) -> Any:
    return store[0]


def count(ctx: Context, things: Any) -> int:
    return int(ctx.read("count", lambda tx: tx.scalar(select(func.count()).select_from(things))))


def add(things: Any, id_: str, **values: Any) -> Any:
    return insert(things).values(id=id_, generation=1, **values)


def test_what_the_body_did_is_there_after_it_and_its_value_is_returned(ctx: Context, things: Any) -> None:
    def body(tx: Transaction) -> str:
        tx.execute(add(things, "one"))
        return "added"

    assert ctx.transact("add", body) == "added"
    assert count(ctx, things) == 1


def test_an_error_of_the_body_undoes_all_of_it(ctx: Context, things: Any) -> None:
    done: list[str] = []

    def body(tx: Transaction) -> None:
        tx.execute(add(things, "one"))
        tx.after_commit(lambda: done.append("after"))
        raise LookupError("no")

    with pytest.raises(LookupError):
        ctx.transact("add", body)
    assert count(ctx, things) == 0
    assert done == []


def test_a_stale_write_runs_the_body_again_and_what_follows_the_commit_happens_once(
    ctx: Context, things: Any, clock: ManualClock
) -> None:
    tries: list[int] = []
    done: list[str] = []
    before = clock.now()

    def body(tx: Transaction) -> None:
        tries.append(1)
        tx.execute(add(things, "one"))
        tx.after_commit(lambda: done.append("after"))
        if len(tries) < 3:
            raise StaleWrite("thing", "one")

    ctx.transact("add", body)
    assert (len(tries), done, count(ctx, things)) == (3, ["after"], 1)
    assert (clock.now() - before).total_seconds() == pytest.approx(0.03), "it waits longer after each attempt"


def test_a_write_that_stays_stale_is_given_up(ctx: Context, things: Any) -> None:
    tries: list[int] = []

    def body(tx: Transaction) -> None:
        tries.append(1)
        raise StaleWrite("thing", "one")

    with pytest.raises(StaleWrite):
        ctx.transact("add", body)
    assert len(tries) == ATTEMPTS


def test_what_follows_the_commit_happens_after_it(ctx: Context, things: Any) -> None:
    seen: list[int] = []

    def body(tx: Transaction) -> None:
        tx.execute(add(things, "one"))
        tx.after_commit(lambda: seen.append(count(ctx, things)))

    ctx.transact("add", body)
    assert seen == [1]


def test_a_failure_of_what_follows_the_commit_neither_undoes_it_nor_stops_the_rest(
    ctx: Context, things: Any, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ConnectionError("the broker is away")

    def body(tx: Transaction) -> None:
        tx.execute(add(things, "one"))
        tx.after_commit(fail)
        tx.after_commit(lambda: done.append("after"))

    ctx.transact("add", body)
    assert (done, count(ctx, things)) == (["after"], 1)
    assert "the broker is away" in caplog.text


def test_a_savepoint_undoes_alone_what_it_holds_with_what_was_to_follow_the_commit(ctx: Context, things: Any) -> None:
    done: list[str] = []

    def inner(tx: Transaction) -> None:
        with tx.savepoint():
            tx.execute(add(things, "two"))
            tx.after_commit(lambda: done.append("two"))
            raise LookupError("no")

    def body(tx: Transaction) -> None:
        tx.execute(add(things, "one"))
        tx.after_commit(lambda: done.append("one"))
        with pytest.raises(LookupError):
            inner(tx)
        assert tx.rows_written == 1

    ctx.transact("add", body)
    assert (done, count(ctx, things)) == (["one"], 1)


def test_a_duplicate_in_a_savepoint_leaves_the_transaction_usable(ctx: Context, things: Any) -> None:
    def again(tx: Transaction) -> None:
        with tx.savepoint():
            tx.execute(add(things, "two", name="same"))

    def body(tx: Transaction) -> None:
        tx.execute(add(things, "one", name="same"))
        with pytest.raises(Duplicate):
            again(tx)
        tx.execute(add(things, "three", name="other"))

    ctx.transact("add", body)
    assert count(ctx, things) == 2


def test_other_constraints_are_no_duplicates(ctx: Context, things: Any) -> None:
    with pytest.raises(IntegrityError):
        ctx.transact("add", lambda tx: tx.execute(insert(things).values(id="one", generation=None)))


def test_names_are_the_same_only_when_their_letters_are(ctx: Context, things: Any) -> None:
    def body(tx: Transaction) -> None:
        for name in ("ann", "Ann", "änn"):
            tx.execute(add(things, f"id-{name}", name=name))

    ctx.transact("add", body)
    assert ctx.read("find", lambda tx: tx.all(select(things.c.id).where(things.c.name == "ANN"))) == []


@pytest.mark.parametrize("size", [2**63, -(2**70)])
def test_a_number_that_no_column_can_hold_is_bad_input(ctx: Context, things: Any, size: int) -> None:
    with pytest.raises(BadInput):
        ctx.transact("add", lambda tx: tx.execute(add(things, "one", size=size)))


def test_a_reading_transaction_writes_nothing(ctx: Context, things: Any) -> None:
    with pytest.raises(RuntimeError, match="writes in a reading transaction"):
        ctx.read("look", lambda tx: tx.execute(add(things, "one")))
    assert count(ctx, things) == 0


def test_a_writing_transaction_inside_of_another_is_refused_at_once(ctx: Context, things: Any) -> None:
    def body(tx: Transaction) -> None:
        ctx.transact("inner", lambda inner: inner.execute(add(things, "one")))

    with pytest.raises(RuntimeError, match="inner inside of outer"):
        ctx.transact("outer", body)
    ctx.transact("later", lambda tx: tx.execute(add(things, "one")))


def test_a_statement_for_each_of_no_rows_is_refused(ctx: Context, things: Any) -> None:
    with pytest.raises(ValueError, match="no rows"):
        ctx.transact("add", lambda tx: tx.execute(insert(things), []))


def test_statistics_count_statements_commits_rows_and_retries(database: Database, ctx: Context, things: Any) -> None:
    before = database.statistics.statements

    def body(tx: Transaction) -> None:
        tx.execute(insert(things), [{"id": "one", "generation": 1}, {"id": "two", "generation": 1}])
        tx.execute(update(things).values(size=1))
        if not database.statistics.retries:
            raise StaleWrite("thing", "one")
        assert (tx.statements, tx.rows_written) == (2, 4)

    ctx.transact("add", body)
    seen = database.statistics
    assert (seen.commits, seen.rows_written, seen.retries) == (1, 4, 1)
    in_all = 4 + (0 if database.engine.dialect.name == "mariadb" else 2)  # BEGIN is a statement, where we send it
    assert seen.statements - before == in_all


def test_checkpoints_stand_before_the_transaction_after_its_commit_and_after_what_follows(
    database: Database, ctx: Context, things: Any
) -> None:
    passed: list[str] = []
    database.checkpoint = passed.append
    ctx.transact("add", lambda tx: tx.after_commit(lambda: passed.append("what follows")))
    assert passed == ["before add", "committed add", "what follows", "after add"]


def test_concurrent_writers_lose_nothing(contended: Database, ctx: Context, things: Any, together: Any) -> None:
    """Each reads a number and writes it back one higher, with the row locked: no retry is needed."""
    ctx.transact("add", lambda tx: tx.execute(add(things, "one", size=0)))

    def body(tx: Transaction) -> None:
        query = select(things.c.size).where(things.c.id == "one")
        size = tx.scalar(query.with_for_update() if tx.locks_rows else query)
        tx.execute(update(things).where(things.c.id == "one").values(size=size + 1))

    results = together(lambda number: [ctx.transact("count", body) for _ in range(10)], 4)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert ctx.read("look", lambda tx: tx.scalar(select(things.c.size))) == 40


def test_a_deadlock_is_retried_even_when_it_is_met_in_a_savepoint(
    contended: Database, ctx: Context, things: Any, together: Any
) -> None:
    """Two writers take the same rows in opposite order."""
    ctx.transact("add", lambda tx: [tx.execute(add(things, id_, size=0)) for id_ in ("one", "two")])
    both_began = threading.Barrier(2)
    met: list[bool] = [False, False]

    def writer(number: int) -> None:
        order = ("one", "two") if number == 0 else ("two", "one")

        def body(tx: Transaction) -> None:
            for position, id_ in enumerate(order):
                with tx.savepoint():
                    tx.execute(update(things).where(things.c.id == id_).values(size=things.c.size + 1))
                if position == 0 and tx.locks_rows and not met[number]:
                    met[number] = True
                    both_began.wait(10)

        ctx.transact("both", body)

    assert together(writer, 2) == [None, None]
    assert ctx.read("look", lambda tx: [row["size"] for row in tx.all(select(things.c.size))]) == [2, 2]
    if contended.engine.dialect.name != "sqlite":
        assert contended.statistics.retries >= 1


def test_a_busy_sqlite_file_is_tried_again(ctx: Context, database: Database, things: Any) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite locks the whole file")
    other = make_engine(str(database.engine.url))
    tries: list[int] = []

    @event.listens_for(database.engine, "connect")
    def impatient(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    database.engine.dispose()
    holder = other.connect()
    held = holder.begin()

    class Releasing(ManualClock):
        def pause(self, seconds: float) -> None:
            tries.append(1)
            held.rollback()
            holder.close()

    database.clock = Releasing()
    ctx.transact("add", lambda tx: tx.execute(add(things, "one")))
    assert tries == [1]
    other.dispose()


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Any, file_ctx: Context) -> None:
    gone = Database(f"sqlite:///{tmp_path / 'missing' / 'file.db'}", ManualClock())
    for ask in (gone.transact, gone.read):
        with pytest.raises(Unavailable):
            ask(file_ctx, "look", lambda tx: tx.scalar(select(1)))


def test_a_broken_statement_is_an_error_at_once(ctx: Context, database: Database, things: Any) -> None:
    broken = select(things.c.id).where(func.no_such_function(things.c.id) == 1)
    with pytest.raises(Exception) as caught:  # each driver has its own
        ctx.read("look", lambda tx: tx.all(broken))
    assert not isinstance(caught.value, Unavailable)
    assert database.statistics.retries == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://host/db", "'oracle' is not one of sqlite, postgresql, mariadb"),
        ("nonsense", "not a URL"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_database_that_cannot_be_is_a_configuration_error(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make_engine(url)


def test_a_url_that_cannot_be_read_is_not_repeated_for_it_may_hold_a_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_engine("postgresql://cupola:s3cret@host:port/db")
    assert "s3cret" not in str(caught.value)


def test_locks_of_a_process_that_went_silent_are_taken_from_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch, things: Any, ctx: Context
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is a file: its lock ends with the process that has it")
    ctx.transact("add", lambda tx: tx.execute(add(things, "one", size=1)))
    monkeypatch.setattr("cupola.base.db.engine.IDLENESS", 1)
    gone = make_engine(database_url)
    with gone.connect() as silent:
        silent.execute(update(things).values(size=2))
        began = time.monotonic()
        ctx.transact("change", lambda tx: tx.execute(update(things).values(size=things.c.size + 10)))
        assert time.monotonic() - began < 5
        silent.invalidate()
    gone.dispose()
    assert ctx.read("look", lambda tx: tx.scalar(select(things.c.size))) == 11


def test_a_server_watches_over_its_end_of_the_wire(database_url: str, database: Database) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("only PostgreSQL has settings of the wire for a connection")
    with database.engine.connect() as connection:
        source = "SELECT name, source FROM pg_settings WHERE starts_with(name, 'tcp_')"
        assert {tuple(row) for row in connection.exec_driver_sql(source)} == {
            (f"tcp_{name}", "session")
            for name in ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
        }


def test_locks_that_others_keep_are_a_clear_refusal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, things: Any, contended: Database, ctx: Context
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time, which waits for the other: there are no row locks")
    ctx.transact("add", lambda tx: tx.execute(add(things, "one", size=1)))
    monkeypatch.setattr("cupola.base.db.engine.LOCK_PATIENCE", 1)
    monkeypatch.setattr("cupola.base.db.transaction.ATTEMPTS", 2)
    impatient = Database(database_url, contended.clock)
    with contended.engine.begin() as other:
        other.execute(update(things).values(size=2))
        with pytest.raises(Unavailable, match="held by others"):
            impatient.transact(ctx, "change", lambda tx: tx.execute(update(things).values(size=3)))
    impatient.close()


def test_a_reading_transaction_sees_one_moment(ctx: Context, things: Any) -> None:
    ctx.transact("add", lambda tx: tx.execute(add(things, "one")))
    number = select(func.count()).select_from(things)

    def body(tx: Transaction) -> tuple[int, int]:
        before = tx.scalar(number)
        elsewhere = threading.Thread(
            target=lambda: ctx.transact("add", lambda tx: tx.execute(add(things, ctx.ids.uuid())))
        )
        elsewhere.start()
        elsewhere.join()
        return before, tx.scalar(number)

    assert ctx.read("look", body) == (1, 1)
    assert count(ctx, things) == 2
    assert ctx.transact("look", lambda tx: tx.scalar(number)) == 2


def test_names_that_differ_in_case_or_in_a_space_are_two(ctx: Context, things: Any) -> None:
    names = ["ann", "Ann", "ann ", "änn"]
    ctx.transact("add", lambda tx: [tx.execute(add(things, f"id-{name}", name=name)) for name in names])
    for name in names:
        found = ctx.read("find", lambda tx, name=name: tx.all(select(things.c.id).where(things.c.name == name)))
        assert [row["id"] for row in found] == [f"id-{name}"]


def test_a_body_that_fell_asleep_runs_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch, things: Any, ctx: Context, contended: Database
) -> None:
    """The server has taken its transaction from it."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no server that takes a transaction from anybody")
    monkeypatch.setattr("cupola.base.db.engine.IDLENESS", 1)
    drowsy = Database(database_url, contended.clock)
    runs: list[int] = []

    def body(tx: Transaction) -> None:
        tx.execute(add(things, f"run-{len(runs)}"))
        runs.append(1)
        if len(runs) == 1:
            time.sleep(2)
        tx.execute(update(things).values(size=1))

    drowsy.transact(ctx, "add", body)
    drowsy.close()
    assert ctx.read("look", lambda tx: tx.all(select(things.c.id))) == [{"id": "run-1"}]
