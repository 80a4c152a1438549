"""On which database the clouds of tests stand: a SQLite file each, or an empty database of a private server each.

`CUPOLA_TEST_DATABASE` (sqlite, postgresql or mariadb) or `standing_on` chooses. Making a schema takes a second on a
server, so a database is emptied and lent again when the test that had it is over. An SQLite file is a copy of one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from cupola.base.db import migrations
from cupola.base.db.engine import make_engine
from cupola.base.db.transaction import Database, Row
from cupola.base.db.types import metadata
from cupola.testing.servers.database import DatabaseServer, database_server

_kind = os.environ.get("CUPOLA_TEST_DATABASE", "sqlite")
_BLIND = {
    "sqlite": "PRAGMA synchronous=OFF",  # foreign keys are looked at only where that is asked for
    "postgresql": "SET session_replication_role = replica",
    "mysql": "SET foreign_key_checks = 0",
    "mariadb": "SET foreign_key_checks = 0",
}
"""What a connection begins with on which foreign keys are not looked at."""
_AT_ONCE = {
    "postgresql": "{}",
    "mysql": "BEGIN NOT ATOMIC {} END",
    "mariadb": "BEGIN NOT ATOMIC {} END",
}
"""How several statements are given to a server together."""
_numbers: dict[str, int] = {}
_idle: dict[str, list[str]] = {}
_lent: list[tuple[str, str]] = []


@cache
def server(kind: str) -> DatabaseServer:
    """The private server of a kind that all tests of this process share; it ends with the process."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(database_server(kind))


@contextlib.contextmanager
def standing_on(kind: str) -> Iterator[None]:
    """In the meantime clouds stand on this kind of database."""
    global _kind
    before, _kind = _kind, kind
    try:
        yield
    finally:
        _kind = before


def kind() -> str:
    """What clouds stand on now."""
    return _kind


@cache
def _tables() -> bytes:
    """An SQLite file with all tables and nothing in them."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "cupola.db"
        engine = make_engine(f"sqlite:///{file}", durable=False)
        migrations.sync(engine)
        engine.dispose()
        return file.read_bytes()


def url_for(directory: Path) -> str:
    """The URL of a database without a row for a cloud that keeps its files in `directory`; its tables may be there."""
    if _kind == "sqlite":
        file = directory / "cupola.db"
        if not file.exists():
            file.write_bytes(_tables())
        return f"sqlite:///{file}"
    waiting = _idle.setdefault(_kind, [])
    if not waiting:
        _numbers[_kind] = number = _numbers.get(_kind, 0) + 1
        waiting.append(server(_kind).new_database(f"cloud_{number}"))
    _lent.append((_kind, waiting.pop()))
    return _lent[-1][1]


@contextlib.contextmanager
def given_back() -> Iterator[None]:
    """What is lent in the meantime is emptied afterwards."""
    before = len(_lent)
    try:
        yield
    finally:
        while len(_lent) > before:
            kind, url = _lent.pop()
            _empty(kind, url)
            _idle[kind].append(url)


def _empty(kind: str, url: str) -> None:
    """No connection, no row; the schema stays."""
    name = make_url(url).database
    if kind == "postgresql":
        server(kind).execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    else:
        _kill_mariadb(name or "")
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.has_table(connection, "operations"):
            _delete_all(connection)
    engine.dispose()


def _kill_mariadb(name: str) -> None:
    engine = create_engine(server("mariadb").url)
    with engine.connect() as connection:
        ids = connection.execute(text("SELECT id FROM information_schema.processlist WHERE db = :name"), {"name": name})
        for (number,) in ids.fetchall():
            with contextlib.suppress(DBAPIError):  # it went by itself
                connection.exec_driver_sql(f"KILL {number}")
    engine.dispose()


def _delete_all(connection: Connection) -> None:
    """One question to the server, not one for each table."""
    tables = reversed(metadata.sorted_tables)
    statements = "".join(f"{delete(table).compile(connection)};\n" for table in tables)
    connection.exec_driver_sql(_AT_ONCE[connection.dialect.name].format(statements))


class Kept:
    """All rows of a database at one moment, to come back to."""

    _all: weakref.WeakSet[Kept] = weakref.WeakSet()

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.engine.begin() as connection:
            read = {table: connection.execute(select(table)).mappings().fetchall() for table in metadata.sorted_tables}
        self._rows: dict[Any, list[Row]] = {table: [dict(row) for row in rows] for table, rows in read.items()}
        self._blind: Engine | None = None
        self._written: set[Any] = set()
        event.listen(database.engine, "before_execute", self._notice)
        self._all.add(self)

    def _notice(self, _connection: Connection, statement: Any, *_: Any) -> None:
        if getattr(statement, "is_dml", False):
            self._written.add(statement.table)

    @classmethod
    def distrust(cls, database: Database) -> None:
        """Anything may have been written to it."""
        for kept in cls._all:
            if kept._database is database:
                kept._written.update(metadata.sorted_tables)

    def restore(self) -> None:
        """Make it so again. Only what was written is: a server takes its time with each table."""
        if not self._written:
            return
        self._blind = self._blind or _blind_engine(self._database)
        with self._blind.begin() as connection:
            for table in self._written:
                connection.execute(delete(table))
                if rows := self._rows[table]:
                    connection.execute(insert(table), rows)
        self._written.clear()


def by_hand(database: Database, *statements: str) -> None:
    """Change a database as no program of ours would: foreign keys are not looked at."""
    engine = _blind_engine(database)
    with engine.begin() as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount != 0, statement
    engine.dispose()
    Kept.distrust(database)


def _blind_engine(database: Database) -> Engine:
    """Another way into a database, on which foreign keys are not looked at."""
    at = database.engine.url
    if at.get_backend_name() != "sqlite":
        at = make_url(server(_kind).url).set(database=at.database)  # that of the superuser
    engine = create_engine(at)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(_BLIND[engine.dialect.name])
        cursor.close()
        connection.commit()

    return engine
