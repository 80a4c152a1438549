"""Engines for SQLite, PostgreSQL and MariaDB by URL, and what differs between them; nothing else asks for a dialect.

SQLite runs in WAL mode with `synchronous=FULL` (NORMAL may lose acknowledged commits at a power failure), and a writing
transaction is `BEGIN IMMEDIATE` under one lock per process: a deferred one that turns into a writer fails at once with
"database is locked", whatever the time-out.

A transaction that writes is READ COMMITTED on servers, with locks on the rows that it decides by; one that only reads
(the execution option `writing`) is a snapshot everywhere.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from cupola.base.db.activity import is_writing, show_on_mariadb, show_on_postgresql
from cupola.base.errors import ConfigurationError

_POSTGRESQL_RETRY = {"40001", "40P01", "55P03", "23503"}
"""serialization_failure, deadlock_detected, lock_not_available, foreign_key_violation (what was seen is gone by now)"""
_MARIADB_RETRY = {1205, 1213, 1020, 1451, 1452}
"""lock wait time-out, deadlock, record has changed since last read, both kinds of foreign key violation"""

_SQLITE_HINDERED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_POSTGRESQL_HINDERED = "53"
_MARIADB_HINDERED = (1021, 1114)
"""A disk that is full or does not answer (PostgreSQL: any lack of resources): it works again when the disk does."""


_GONE_POSTGRESQL = {"25006", "57P01", "57P02", "57P03"}
"""read_only_sql_transaction (the former primary is a standby now), and three of a server that ends or begins"""
_GONE_MARIADB = {1053, 1290, 1792, 1836, 1927}
"""The server ends, is read-only now (in three ways), has killed the connection."""

LOCK_PATIENCE = 10
"""seconds that a statement waits for another transaction's lock, before its own transaction is run again"""
CONNECT_PATIENCE = 5
"""seconds until a server that does not answer counts as gone"""
SILENCE = 30
"""seconds after which a connection that nobody answers on is given up"""
IDLENESS = 60
"""seconds after which a server ends a transaction that does nothing: its process is gone, and its locks go too"""


@dataclass(frozen=True)
class Pool:
    """How many connections a process keeps, and how many more it opens for a while."""

    size: int = 8
    overflow: int = 24

    @classmethod
    def usual(cls, url: str | None) -> Pool:
        """On SQLite a connection is a file handle; elsewhere a process of the server, of which it has about 100."""
        return cls(16, 64) if url is None or url.startswith("sqlite") else cls()


def make_engine(url: str, durable: bool = True, pool: Pool | None = None) -> Engine:
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
    pool = pool or Pool.usual(url)
    options: dict[str, Any] = {"poolclass": QueuePool, "pool_size": pool.size, "max_overflow": pool.overflow}
    options["pool_timeout"] = 30
    options["hide_parameters"] = True  # they hold password hashes, and errors are logged
    try:
        if backend == "sqlite":
            return _sqlite(parsed, options, durable)
        return _postgresql(parsed, options) if backend == "postgresql" else _mariadb(parsed, options)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"[database] connection: the driver {error.name!r} is not installed") from error


def _postgresql(url: URL, options: dict[str, Any]) -> Engine:
    import psycopg

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            if query.startswith("BEGIN"):  # two statements in one, which cannot be prepared
                how["prepare"] = False
            return super().execute(query, params, **how)

    alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    patience = {"connect_timeout": CONNECT_PATIENCE, "tcp_user_timeout": SILENCE * 1000, **alive}
    wanted = {name: value for name, value in patience.items() if name not in url.query}
    engine = create_engine(url, connect_args={"autocommit": True, "cursor_factory": Cursor, **wanted}, **options)

    settings = [
        f"lock_timeout TO '{LOCK_PATIENCE}s'",
        f"idle_in_transaction_session_timeout TO '{IDLENESS}s'",
        # the server looks for us too, else it keeps the locks of a machine that is gone for hours; no use on a socket
        *(f"tcp_{name} TO {value}" for name, value in alive.items()),
        f"tcp_user_timeout TO {SILENCE * 1000}",
    ]

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.prepared_max = 500  # the same statement counts once for each route
        connection.execute("; ".join(f"SET {setting}" for setting in settings))

    show_on_postgresql(engine)
    _notice_what_is_gone(engine)
    return engine


def _mariadb(url: URL, options: dict[str, Any]) -> Engine:
    modes = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
    first = f"SET innodb_lock_wait_timeout = {LOCK_PATIENCE}, sql_mode = '{modes}', default_storage_engine = InnoDB"
    # a machine that is gone cannot say so: the server ends what it left (a comment to servers that lack the variable)
    first += f" /*M!100300 , idle_transaction_timeout = {IDLENESS} */"
    # the driver's own time-out ends when the kernel has accepted; a server that hangs says no word after that
    arguments = {"connect_timeout": CONNECT_PATIENCE, "read_timeout": CONNECT_PATIENCE, "init_command": first}
    # a server closes what was idle for eight hours
    engine = create_engine(url, isolation_level="READ COMMITTED", pool_recycle=3600, connect_args=arguments, **options)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection._read_timeout = None  # a statement may take its time
        wire = connection._sock
        if wire.family != socket.AF_UNIX:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE * 1000)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if not is_writing(connection):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    show_on_mariadb(engine)
    _notice_what_is_gone(engine)
    return engine


def _notice_what_is_gone(engine: Engine) -> None:
    """Some answers mean that this server is of no more use: all connections to it are closed."""

    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        cause = context.original_exception
        state, number = getattr(cause, "sqlstate", None), _mariadb_number(cause)
        if (number in _GONE_MARIADB) if number is not None else (state in _GONE_POSTGRESQL):
            context.is_disconnect = True


def _sqlite(url: URL, options: dict[str, Any], durable: bool) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, **options)

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
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")

    return engine


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


def is_lost(error: Exception) -> bool:
    """Whether the connection broke, or none could be made: a new one may well work."""
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or (isinstance(error, OperationalError) and error.statement is None)
    )


def unreachable(error: Exception) -> bool:
    """Whether the database could not be asked: no connection to be had, one that broke, or no room on its disk."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError) or worth_a_retry(error):
        return False
    if is_lost(error):
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


def unstorable_column(error: Exception) -> str | None:
    """The column that could not hold its value, of databases that say so."""
    found = re.search(r"column '(\w+)'", str(error.orig)) if isinstance(error, StatementError) else None
    return found and found[1]


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
