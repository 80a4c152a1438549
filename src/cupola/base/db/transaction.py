"""Transactions: one place where they begin and end, are retried, counted and followed by what must happen after them.

A body given to `transact` may run more than once (deadlock, busy, serialization failure, a stale generation, a lost
connection), so it touches nothing but the database; what must happen once and only after the commit goes to
`Transaction.after_commit`.

When the connection is lost while the database commits, nobody knows whether it did. A transaction that wrote a row of
its own which nobody else inserts or removes (`Transaction.witness`; the ledger's row of a request is one) can find out:
the same row is inserted again, which waits for the lost transaction if it is still at work, and is refused if it was
committed. Without one the caller is told that nobody knows.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.elements import ClauseElement

from cupola.base.clock import Clock, SystemClock
from cupola.base.db.activity import OPTION, Activity
from cupola.base.db.engine import (
    Pool,
    WriteLock,
    is_duplicate,
    is_lost,
    is_unstorable,
    make_engine,
    unreachable,
    unstorable_column,
    worth_a_retry,
)
from cupola.base.errors import BadInput, Conflict, StaleWrite, Unavailable
from cupola.base.observe.metrics import RETRIES, STATEMENTS, TRANSACTIONS

if TYPE_CHECKING:
    from cupola.base.context import Context

T = TypeVar("T")
Row = dict[str, Any]
log = logging.getLogger(__name__)

ATTEMPTS = 8
FIRST_PAUSE = 0.01
"""seconds; doubled after each attempt"""
LONGEST_PAUSE = 0.5
PATIENCE = 5.0
"""seconds for which a server that went away is tried again, as it may be one that restarts"""
PATIENCE_UNSURE = 30.0
"""seconds for which it is tried again by who must find out whether something was committed"""

NO_ANSWER = "The database does not answer, try again later."
BUSY = "What this would change in the database is held by others, try again later."
UNSURE = (
    "The database went away while it made this change, and has not said since whether it was made: "
    "look before you ask for it again."
)


_READS, _WRITES = TRANSACTIONS.labels("read"), TRANSACTIONS.labels("write")


class Duplicate(Conflict):
    """A unique constraint refused the row; the caller knows which thing it names and says so."""


@dataclass
class Statistics:
    """What a database has done since it was opened."""

    statements: int = 0
    commits: int = 0
    rows_written: int = 0
    retries: int = 0


class Transaction:
    """An open transaction. Store functions take it and never end it."""

    def __init__(self, connection: Connection, ctx: Context, name: str, writing: bool, now: datetime) -> None:
        self._connection = connection
        self.ctx = ctx
        self.name = name
        self.writing = writing
        self.now = now
        self.statements = 0
        self.rows_written = 0
        self.witness: Executable | None = None
        """The insertion, made here, of a row that proves this transaction; see the module."""
        self._after_commit: list[Callable[[], None]] = []

    @property
    def locks_rows(self) -> bool:
        """Whether SELECT … FOR UPDATE means something here: SQLite locks the whole file instead, and a transaction that
        only reads sees one moment without."""
        return self.writing and self._connection.dialect.name != "sqlite"

    def execute(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> CursorResult[Any]:
        """Run one statement (with `rows`: once for each of them).

        Raises Duplicate when a unique constraint refuses a row (whoever means to go on calls this in a savepoint), and
        BadInput for a value that no column can hold, such as a number beyond 64 bits.
        """
        changes = isinstance(statement, ClauseElement) and getattr(statement, "is_dml", False)
        if changes and not self.writing:
            raise RuntimeError(f"{self.name} writes in a reading transaction")
        if rows is not None and not rows:
            raise ValueError("a statement for each of no rows")
        self.statements += 1
        try:
            result: CursorResult[Any] = (
                self._connection.execute(statement, list(rows))
                if rows is not None
                else self._connection.execute(statement)
            )
        except (StatementError, OverflowError) as error:
            if is_duplicate(error):
                raise Duplicate("The same thing exists already.") from error
            if is_unstorable(error):
                log.warning("transaction %s was given a value that the database cannot hold: %s", self.name, error)
                which = unstorable_column(error)
                what = f"The value of {which}" if which else "A value"
                raise BadInput(f"{what} is too long, too large or has a character that cannot be stored.") from error
            raise
        if changes:
            known = result.rowcount >= 0  # psycopg does not say how many rows were inserted
            self.rows_written += result.rowcount if known else len(rows or (statement,))
        return result

    def all(self, statement: Executable) -> list[Row]:
        result = self.execute(statement)
        names = list(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def tuples(self, statement: Executable) -> Sequence[tuple[Any, ...]]:
        """The same as tuples, a third of the work: for what is many rows and read often."""
        return [tuple(row) for row in self.execute(statement).fetchall()]

    def first(self, statement: Executable) -> Row | None:
        result = self.execute(statement)
        row = result.fetchone()
        return None if row is None else dict(zip(result.keys(), row, strict=True))

    def scalar(self, statement: Executable) -> Any:
        return self.execute(statement).scalar()

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone alone when it raises, with what it wanted to be done after the commit."""
        actions, rows_written = len(self._after_commit), self.rows_written
        nested = self._connection.begin_nested()
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, DBAPIError) and (worth_a_retry(error) or unreachable(error))):
                nested.rollback()  # after a deadlock there is none: MariaDB has rolled back everything already
            del self._after_commit[actions:]
            self.rows_written = rows_written
            raise
        nested.commit()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do `action` once, when and only when this transaction has been committed."""
        self._after_commit.append(action)

    def committed(self) -> None:
        """Do what was left for after the commit. Nothing of it can take the commit back: a failure is only logged."""
        for action in self._after_commit:
            try:
                action()
            except Exception:  # messages are sent again by the relay, wake-ups only shorten a wait
                log.exception("after the commit of %s", self.name)


class _Lost(Exception):
    """The connection was lost before anything was committed, and the body made something else of it."""


class _Unanswered(Exception):
    """The connection was lost while the database committed."""

    def __init__(self, tx: Transaction, result: Any) -> None:
        super().__init__("the connection was lost during COMMIT")
        self.tx, self.result = tx, result


class _Attempts:
    """How long to go on: some attempts against other writers, some seconds while the server is away."""

    def __init__(self, database: Database, name: str, patience: float | None = None) -> None:
        self._clock, self._statistics, self._name = database.clock, database.statistics, name
        self._patience = (
            (PATIENCE if patience is None else patience) if database.engine.dialect.name != "sqlite" else 0.0
        )
        self._number = 0
        self._pause = FIRST_PAUSE
        self._lost_for = 0.0
        self._lost_at: float | None = None

    def go_on(self, error: Exception) -> None:
        """Pause before the next attempt. Raises `error`, or Unavailable, when there should be none."""
        lost = isinstance(error, (_Lost, _Unanswered)) or is_lost(error)
        if lost and self._away() < self._patience:
            self._lost_for += self._pause
        elif lost or unreachable(error):
            log.warning("transaction %s: the database cannot be asked: %s", self._name, error)
            raise Unavailable(NO_ANSWER) from error
        else:
            self._number += 1
            worthy = isinstance(error, StaleWrite) or (isinstance(error, DBAPIError) and worth_a_retry(error))
            if self._number == ATTEMPTS and worthy and isinstance(error, OperationalError):
                log.warning("transaction %s: others hold what it needs: %s", self._name, error)
                raise Unavailable(BUSY) from error
            if self._number == ATTEMPTS or not worthy:
                raise error
        self._statistics.retries += 1
        RETRIES.labels(self._name).inc()
        log.info("transaction %s runs again: %s", self._name, error)
        self._clock.pause(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _away(self) -> float:
        """For how many seconds there was no server: a silent one takes its time with each attempt, and a clock of tests
        none with a pause.
        """
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        return max(self._lost_for, time.monotonic() - self._lost_at)


class Database:
    """The cloud's database: engine, statistics, and the way transactions run.

    `before_commit` is called with each writing transaction (the ledger records the request there); `checkpoint` is
    called outside transactions with a name: before one, between its commit and what follows it, and after that (the
    simulator crashes components there).
    """

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        durable: bool = True,
        before_commit: Callable[[Transaction], None] = lambda tx: None,
        checkpoint: Callable[[str], None] = lambda name: None,
        pool: Pool | None = None,
    ) -> None:
        self.engine: Engine = make_engine(url, durable, pool)
        self.clock = clock or SystemClock()
        self.statistics = Statistics()
        self.before_commit = before_commit
        self.checkpoint = checkpoint
        self._write_lock = WriteLock(self.engine)
        self._open = threading.local()
        event.listen(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.statistics.statements += 1
        STATEMENTS.inc()

    def transact(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> T:
        """Commit what `body` does, or nothing of it. Retries what may succeed when it is run again.

        Raises Unavailable when the database does not answer or nobody knows whether it committed (the message says
        which), and RuntimeError inside of another writing transaction of this thread: it would wait for itself.
        """
        if outer := getattr(self._open, "name", None):
            raise RuntimeError(f"transaction {name} inside of {outer}: give its body the open one instead")
        self.checkpoint(f"before {name}")
        began = time.monotonic()
        tx, result = self._committed(ctx, name, body)
        _WRITES.observe(time.monotonic() - began)
        self.statistics.commits += 1
        self.statistics.rows_written += tx.rows_written
        self.checkpoint(f"committed {name}")
        tx.committed()
        self.checkpoint(f"after {name}")
        return result

    def _committed(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> tuple[Transaction, T]:
        """What the attempt that was committed did."""
        attempts = _Attempts(self, name)
        while True:
            try:
                return self._attempt(ctx, name, body)
            except _Unanswered as unanswered:
                if self._was_committed(ctx, unanswered.tx):
                    return unanswered.tx, unanswered.result
                attempts.go_on(unanswered)
            except (StaleWrite, DBAPIError, PoolTimeout, _Lost) as error:
                attempts.go_on(error)

    def _attempt(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> tuple[Transaction, T]:
        with self._write_lock.held(), self._connect(ctx, name) as connection, self._named(name):
            begun = connection.begin()
            try:
                tx = Transaction(connection, ctx, name, True, self.clock.now())
                result = body(tx)
                self.before_commit(tx)
                if connection.invalidated:
                    raise _Lost
            except BaseException as error:
                lost = connection.invalidated
                with contextlib.suppress(DBAPIError):  # what is not committed is undone, with or without a word of ours
                    begun.rollback()
                if lost and isinstance(error, Exception):
                    raise _Lost from error
                raise
            try:
                begun.commit()
            except DBAPIError as error:
                if self.engine.dialect.name != "sqlite" and is_lost(error) and not worth_a_retry(error):
                    raise _Unanswered(tx, result) from error
                raise
        return tx, result

    def _was_committed(self, ctx: Context, tx: Transaction) -> bool:
        """Whether a transaction whose COMMIT was not answered took place. Raises Unavailable if that stays unknown."""
        log.warning("transaction %s: the connection was lost during COMMIT", tx.name)
        if tx.witness is None:
            raise Unavailable(UNSURE)
        attempts = _Attempts(self, tx.name, PATIENCE_UNSURE)
        while True:
            try:
                with self._connect(ctx, tx.name) as connection, connection.begin() as probe:
                    connection.execute(tx.witness)
                    probe.rollback()
                return False
            except (DBAPIError, PoolTimeout) as error:
                if is_duplicate(error):
                    return True
                try:
                    attempts.go_on(error)
                except (Unavailable, DBAPIError, PoolTimeout) as given_up:
                    raise Unavailable(UNSURE) from given_up

    def _connect(self, ctx: Context, name: str, **options: Any) -> Connection:
        call = ctx.call
        route = f"{call.service} {call.route}" if call is not None else name
        return self.engine.connect().execution_options(**options, **{OPTION: Activity(route, ctx.request_id)})

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        self._open.name = name
        try:
            yield
        finally:
            self._open.name = None

    def read(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> T:
        """Run `body` over what is committed at one moment; it writes nothing. Raises Unavailable without an answer."""
        began = time.monotonic()
        attempts = _Attempts(self, name)
        while True:
            try:
                with self._connect(ctx, name, writing=False) as connection, connection.begin():
                    result = body(Transaction(connection, ctx, name, False, self.clock.now()))
                break
            except (DBAPIError, PoolTimeout) as error:
                attempts.go_on(error)
        _READS.observe(time.monotonic() - began)
        return result

    def ping(self) -> None:
        """Ask the database for nothing, once and without patience.

        Raises Unavailable, with the driver's own words, when it does not answer.
        """
        try:
            with self.engine.connect().execution_options(writing=False) as connection:
                connection.exec_driver_sql("SELECT 1")
        except (DBAPIError, PoolTimeout) as error:
            why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise Unavailable(f"The database does not answer: {why}") from error

    def close(self) -> None:
        self.engine.dispose()
