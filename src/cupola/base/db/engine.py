"""Engines for SQLite, PostgreSQL and MariaDB by URL, and what differs between them; nothing else asks for a dialect.

SQLite runs in WAL mode with `synchronous=FULL` (NORMAL may lose acknowledged commits at a power failure), and a writing
transaction is `BEGIN IMMEDIATE` under one lock per process: a deferred one that turns into a writer fails at once with
"database is locked", whatever the time-out.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from cupola.base.errors import ConfigurationError

_POSTGRESQL_RETRY = {"40001", "40P01", "55P03", "23503"}
"""serialization_failure, deadlock_detected, lock_not_available, foreign_key_violation (what was seen is gone by now)"""
_MARIADB_RETRY = {1205, 1213, 1020, 1451, 1452}
"""lock wait time-out, deadlock, record has changed since last read, both kinds of foreign key violation"""

_SQLITE_HINDERED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_POSTGRESQL_HINDERED = "53"
_MARIADB_HINDERED = (1021, 1114)
"""A disk that is full or does not answer (PostgreSQL: any lack of resources): it works again when the disk does."""


def make_engine(url: str, durable: bool = True) -> Engine:
    """An engine for `url`. `durable=False` (tests only) does not wait for the disk.

    Raises ConfigurationError for a database that Cupola does not speak or whose driver is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # the URL itself may hold a password
        raise ConfigurationError("[database] connection is not a URL such as sqlite:////path/to/file") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif backend in ("mysql", "mariadb"):
        parsed = parsed.set(drivername=f"{backend}+pymysql").update_query_dict({"charset": "utf8mb4"})
    elif backend != "sqlite":
        raise ConfigurationError(f"[database] connection: {backend!r} is not one of sqlite, postgresql, mariadb, mysql")
    elif parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("[database] connection: SQLite needs a file, as in sqlite:////path/to/file")
    options: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 16, "max_overflow": 64, "pool_timeout": 30}
    options["hide_parameters"] = True  # they hold password hashes, and errors are logged
    if backend == "sqlite":
        options["connect_args"] = {"check_same_thread": False, "timeout": 10}
    else:
        options |= {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
    try:
        engine = create_engine(parsed, **options)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"[database] connection: the driver {error.name!r} is not installed") from error
    if backend == "sqlite":
        _prepare_sqlite(engine, durable)
    return engine


def _prepare_sqlite(engine: Engine, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class WriteLock:
    """On SQLite one writer at a time within the process, waiting without polling; elsewhere the database does it."""

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        if self._lock is None:
            yield
        else:
            with self._lock:
                yield


def worth_a_retry(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed when it is run again."""
    cause = error.orig
    if (number := _mariadb_number(cause)) is not None:
        return number in _MARIADB_RETRY
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return state in _POSTGRESQL_RETRY
    return isinstance(error, OperationalError) and "locked" in str(cause)


def unreachable(error: Exception) -> bool:
    """Whether the database could not be asked: no connection to be had, one that broke, or no room on its disk."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or (isinstance(error, OperationalError) and error.statement is None):
        return True
    cause = error.orig
    return (
        str(getattr(cause, "sqlite_errorname", "")).startswith(_SQLITE_HINDERED)
        or str(getattr(cause, "sqlstate", "")).startswith(_POSTGRESQL_HINDERED)
        or _mariadb_number(cause) in _MARIADB_HINDERED
    )


def is_unstorable(error: Exception) -> bool:
    """Whether no column could hold a value: too long, too large, or with a character that is none."""
    cause = error.orig if isinstance(error, StatementError) else error
    return isinstance(error, DataError) or isinstance(cause, OverflowError)


def is_duplicate(error: Exception) -> bool:
    """Whether a unique constraint refused the row (not another kind of constraint)."""
    if not isinstance(error, IntegrityError):
        return False
    cause = error.orig
    if (number := _mariadb_number(cause)) is not None:
        return number == 1062
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return bool(state == "23505")
    return "UNIQUE constraint" in str(cause)


def _mariadb_number(cause: BaseException | None) -> int | None:
    """MariaDB's own number of an error. PyMySQL gives the SQLSTATE too, which tells less."""
    if cause is None or not type(cause).__module__.startswith("pymysql"):
        return None
    return int(cause.args[0]) if cause.args and isinstance(cause.args[0], int) else 0
