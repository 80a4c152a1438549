"""On which database the clouds of tests stand: a SQLite file each, or an empty database of a private server each.

`CUPOLA_TEST_DATABASE` (sqlite, postgresql or mariadb) or `standing_on` chooses. Making a schema takes a second on a
server, so a database is emptied and lent again when the test that had it is over.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, delete, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from cupola.base.db.transaction import Database, Row
from cupola.base.db.types import metadata
from cupola.testing.servers.database import DatabaseServer, database_server

_kind = os.environ.get("CUPOLA_TEST_DATABASE", "sqlite")
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


def url_for(directory: Path) -> str:
    """The URL of an empty database for a cloud that keeps its files in `directory`."""
    if _kind == "sqlite":
        return f"sqlite:///{directory / 'cupola.db'}"
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
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


class Kept:
    """All rows of a database at one moment, to come back to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.engine.begin() as connection:
            read = {table: connection.execute(select(table)).mappings().fetchall() for table in metadata.sorted_tables}
        self._rows: dict[Any, list[Row]] = {table: [dict(row) for row in rows] for table, rows in read.items()}
        self._commits = database.statistics.commits

    def restore(self) -> None:
        """Make it so again; nothing is done when nothing was committed meanwhile."""
        if self._database.statistics.commits == self._commits:
            return
        with self._database.engine.begin() as connection:
            _delete_all(connection)
            for table, rows in self._rows.items():
                if rows:
                    connection.execute(insert(table), rows)
        self._commits = self._database.statistics.commits


def by_hand(database: Database, *statements: str) -> None:
    """Change a database as no program of ours would: foreign keys are not looked at."""
    engine, blind = database.engine, "PRAGMA foreign_keys=OFF"
    if engine.dialect.name != "sqlite":
        at = make_url(server(_kind).url).set(database=engine.url.database)
        engine = create_engine(at)
        blind = "SET session_replication_role = replica" if _kind == "postgresql" else "SET foreign_key_checks = 0"
    with engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute(blind)
        for statement in statements:
            raw.execute(statement)
            assert raw.rowcount != 0, statement
        connection.connection.commit()
        connection.invalidate()
    if engine is not database.engine:
        engine.dispose()
