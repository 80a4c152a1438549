"""Transactions: one place where they begin and end, are retried, counted and followed by what must happen after them.

A body given to `transact` may run more than once (deadlock, busy, serialization failure, a stale generation), so it
touches nothing but the database; what must happen once and only after the commit goes to `Transaction.after_commit`.
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
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.elements import ClauseElement

from cupola.base.clock import Clock, SystemClock
from cupola.base.db.engine import WriteLock, is_duplicate, is_unstorable, make_engine, unreachable, worth_a_retry
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
        self._after_commit: list[Callable[[], None]] = []

    @property
    def locks_rows(self) -> bool:
        """Whether SELECT … FOR UPDATE means something here (SQLite locks the whole file instead)."""
        return self._connection.dialect.name != "sqlite"

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
                raise BadInput("A value is too long, too large or has a character that cannot be stored.") from error
            raise
        if changes:
            known = result.rowcount >= 0  # psycopg does not say how many rows were inserted
            self.rows_written += result.rowcount if known else len(rows or (statement,))
        return result

    def all(self, statement: Executable) -> list[Row]:
        result = self.execute(statement)
        names = list(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

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
            if not (isinstance(error, DBAPIError) and worth_a_retry(error)):
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
    ) -> None:
        self.engine: Engine = make_engine(url, durable)
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

        Raises Unavailable when the database does not answer, and RuntimeError inside of another writing transaction of
        this thread: it would wait for itself.
        """
        if outer := getattr(self._open, "name", None):
            raise RuntimeError(f"transaction {name} inside of {outer}: give its body the open one instead")
        self.checkpoint(f"before {name}")
        began = time.monotonic()
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                tx, result = self._attempt(ctx, name, body)
                break
            except (StaleWrite, DBAPIError, PoolTimeout) as error:
                if unreachable(error):
                    raise Unavailable("The database does not answer, try again later.") from error
                if attempt == ATTEMPTS or (isinstance(error, DBAPIError) and not worth_a_retry(error)):
                    raise
                self.statistics.retries += 1
                RETRIES.labels(name).inc()
                log.info("transaction %s runs again (attempt %d): %s", name, attempt + 1, error)
                self.clock.pause(pause)
                pause *= 2
        _WRITES.observe(time.monotonic() - began)
        self.checkpoint(f"committed {name}")
        tx.committed()
        self.checkpoint(f"after {name}")
        return result

    def _attempt(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> tuple[Transaction, T]:
        with self._write_lock.held(), self.engine.connect() as connection:
            with self._named(name), connection.begin():
                tx = Transaction(connection, ctx, name, True, self.clock.now())
                result = body(tx)
                self.before_commit(tx)
            self.statistics.commits += 1
            self.statistics.rows_written += tx.rows_written
        return tx, result

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        self._open.name = name
        try:
            yield
        finally:
            self._open.name = None

    def read(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> T:
        """Run `body` over what is committed; it writes nothing. Raises Unavailable without an answer."""
        began = time.monotonic()
        try:
            with self.engine.connect().execution_options(writing=False) as connection, connection.begin():
                result = body(Transaction(connection, ctx, name, False, self.clock.now()))
        except (DBAPIError, PoolTimeout) as error:
            if unreachable(error):
                raise Unavailable("The database does not answer, try again later.") from error
            raise
        _READS.observe(time.monotonic() - began)
        return result

    def ping(self) -> None:
        """Ask the database for nothing. Raises Unavailable, with the driver's own words, when it does not answer."""
        try:
            with self.engine.connect().execution_options(writing=False) as connection:
                connection.exec_driver_sql("SELECT 1")
        except (DBAPIError, PoolTimeout) as error:
            why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise Unavailable(f"The database does not answer: {why}") from error

    def close(self) -> None:
        self.engine.dispose()
