"""Transactions: one place where they begin and end, are retried, counted and followed by what must happen after them.

A body given to `transact` may run more than once (deadlock, busy, serialization failure, a stale generation), so it
touches nothing but the database; what must happen once and only after the commit goes to `Transaction.after_commit`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement

from cupola.base.clock import Clock, SystemClock
from cupola.base.db.engine import WriteLock, is_duplicate, make_engine, worth_a_retry
from cupola.base.errors import Conflict, StaleWrite

if TYPE_CHECKING:
    from cupola.base.context import Context

T = TypeVar("T")
Row = dict[str, Any]
log = logging.getLogger(__name__)

ATTEMPTS = 8
FIRST_PAUSE = 0.01
"""seconds; doubled after each attempt"""


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

        Raises Duplicate when a unique constraint refuses a row; whoever means to go on calls this in a savepoint.
        """
        self.statements += 1
        try:
            result: CursorResult[Any] = (
                self._connection.execute(statement, list(rows))
                if rows is not None
                else self._connection.execute(statement)
            )
        except DBAPIError as error:
            if is_duplicate(error):
                raise Duplicate("The same thing exists already.") from error
            raise
        if isinstance(statement, ClauseElement) and getattr(statement, "is_dml", False):
            self.rows_written += len(rows) if rows is not None and result.rowcount < 0 else max(result.rowcount, 0)
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
        """What happens inside is undone alone when it raises."""
        with self._connection.begin_nested():
            yield

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do `action` once, when and only when this transaction has been committed."""
        self._after_commit.append(action)

    def committed(self) -> None:
        for action in self._after_commit:
            action()


class Database:
    """The cloud's database: engine, statistics, and the way transactions run.

    `before_commit` is called with each writing transaction (the ledger records the request there); `checkpoint` is
    called outside transactions with a name (the simulator crashes components there).
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
        event.listen(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.statistics.statements += 1

    def transact(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> T:
        """Commit what `body` does, or nothing of it. Retries what may succeed when it is run again."""
        self.checkpoint(f"before {name}")
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                tx, result = self._attempt(ctx, name, body)
                break
            except (StaleWrite, DBAPIError) as error:
                if attempt == ATTEMPTS or (isinstance(error, DBAPIError) and not worth_a_retry(error)):
                    raise
                self.statistics.retries += 1
                log.info("transaction %s runs again (attempt %d): %s", name, attempt + 1, error)
                self.clock.pause(pause)
                pause *= 2
        tx.committed()
        self.checkpoint(f"after {name}")
        return result

    def _attempt(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> tuple[Transaction, T]:
        with self._write_lock.held(), self.engine.connect() as connection:
            with connection.begin():
                tx = Transaction(connection, ctx, name, True, self.clock.now())
                result = body(tx)
                self.before_commit(tx)
            self.statistics.commits += 1
            self.statistics.rows_written += tx.rows_written
        return tx, result

    def read(self, ctx: Context, name: str, body: Callable[[Transaction], T]) -> T:
        """Run `body` over what is committed; it writes nothing."""
        with self.engine.connect().execution_options(writing=False) as connection, connection.begin():
            return body(Transaction(connection, ctx, name, False, self.clock.now()))

    def close(self) -> None:
        self.engine.dispose()
