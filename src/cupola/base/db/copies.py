"""All rows of a database, out and in again: what backups and moves between kinds of databases are made of.

Rows are read in one transaction that sees one moment (a snapshot), table after table in the order of what refers to
what, and written in one transaction: a copy that is interrupted has written nothing. Each table has a count and a
checksum, which is the same on every kind of database and in whatever order its rows come.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Engine, LargeBinary, Table, func, insert, inspect, select

from cupola import __version__
from cupola.base.db.migrations import History, current, floor, held_back, sync
from cupola.base.db.types import Timestamp, metadata
from cupola.base.errors import ConfigurationError

BATCH = 500
_FORMAT = 1


@dataclass
class Sum:
    """Count and checksum of the rows of a table."""

    rows: int = 0
    checksum: int = 0

    def add(self, row: list[Any]) -> None:
        digest = hashlib.blake2b(orjson.dumps(row), digest_size=8).digest()
        self.rows += 1
        self.checksum = (self.checksum + int.from_bytes(digest, "big")) % 2**64


def tables() -> list[Table]:
    """The tables of all services that are loaded, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table is not floor]


@contextlib.contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database at one moment, whatever is written meanwhile."""
    with engine.connect().execution_options(writing=False) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout TO 0")
        elif engine.dialect.name != "sqlite":
            connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql(
                "SET /*M!100300 SESSION idle_transaction_timeout = 0, */ @@sql_mode = @@sql_mode"
            )
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        try:
            yield connection
        finally:
            connection.invalidate()  # its isolation and patience are its own


def rows_of(connection: Connection, table: Table) -> Iterator[list[Any]]:
    """The rows of a table as JSON's types."""
    found = connection.execute(select(table).execution_options(yield_per=BATCH))
    for row in found:
        yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _readers(table: Table, names: list[str]) -> list[Callable[[Any], Any]]:
    def reader(name: str) -> Callable[[Any], Any]:
        kind = table.c[name].type
        if isinstance(kind, Timestamp):
            return datetime.fromisoformat
        return base64.b64decode if isinstance(kind, LargeBinary) else lambda value: value

    return [reader(name) for name in names]


def sums(connection: Connection) -> dict[str, Sum]:
    """Of all tables."""
    found: dict[str, Sum] = {}
    for table in tables():
        found[table.name] = Sum()
        for row in rows_of(connection, table):
            found[table.name].add(row)
    return found


def check_empty(connection: Connection) -> None:
    """Raise ConfigurationError if a table has a row. There may be no tables, or those of another revision."""
    there = set(inspect(connection).get_table_names())
    for table in tables():
        if table.name in there and connection.execute(select(func.count()).select_from(table)).scalar():
            raise ConfigurationError("The database is not empty: name a new one. Nothing was written.")


def make_room(engine: Engine, revision: str | None, history: History | None = None) -> None:
    """Bring an empty database to the revision of what it is to hold, and no further.

    Raises ConfigurationError, with nothing done, if it has rows, or if this program does not work with that revision.
    """
    history = history or History()
    if revision not in history.revisions or revision < history.needed:
        raise ConfigurationError(
            f"What is to be copied is of revision {revision}, and this program works with {history.needed} to "
            f"{history.head}: use the version of Cupola that it comes from, then `cupola db sync` of the new one."
        )
    with engine.connect().execution_options(writing=False) as connection:
        check_empty(connection)
    at = current(engine)
    if at is None or at < revision:
        sync(engine, contract=at is None, history=history, to=revision)
        at = current(engine)
    if at != revision:
        raise ConfigurationError(
            f"The database is at revision {at} and what is to be copied at {revision}: name one without any table."
        )


def load(connection: Connection, table: Table, names: list[str], rows: Iterable[list[Any]]) -> Sum:
    """Insert rows, given as JSON's types in the order of `names`."""
    readers, total, batch = _readers(table, names), Sum(), list[dict[str, Any]]()
    for row in rows:
        total.add(row)
        values = [None if value is None else read(value) for read, value in zip(readers, row, strict=True)]
        batch.append(dict(zip(names, values, strict=True)))
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)
    return total


def compare(connection: Connection, wanted: dict[str, Sum]) -> None:
    """Raise ConfigurationError unless the tables hold just what was to be copied."""
    there = sums(connection)
    if wrong := sorted(name for name, one in wanted.items() if there.get(name) != one):
        raise ConfigurationError(
            f"The copy differs from the original in {', '.join(wrong)}: nothing was written. "
            "Does something else write to one of the databases?"
        )


# files ----------------------------------------------------------------------------------------------------------------


def backup(engine: Engine, to: Path) -> dict[str, Sum]:
    """Write all rows of one moment into a new file: compressed lines of JSON, for any kind of database.

    The file appears when it is complete, readable by its owner alone (it holds password hashes). Raises OSError, and
    ConfigurationError if a newer program has made tables or columns that this one would leave out.
    """
    if (at := current(engine)) is not None and at > History().head:
        raise ConfigurationError(
            f"The database is at revision {at}, and this program knows {History().head} and before: "
            "it would leave out what is newer. Back up with the newer version of Cupola."
        )
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    total: dict[str, Sum] = {}
    with gzip.open(part, "wb", compresslevel=5) as out, snapshot(engine) as connection:
        _line(out, {"cupola": __version__, "format": _FORMAT, "revision": at, "made_at": datetime.now().astimezone()})
        for table in tables():
            total[table.name] = Sum()
            _line(out, {"table": table.name, "columns": table.c.keys()})
            for row in rows_of(connection, table):
                total[table.name].add(row)
                _line(out, row)
        _line(out, {"sums": {name: [one.rows, one.checksum] for name, one in total.items()}})
    part.rename(to)
    return total


def _line(out: IO[bytes] | gzip.GzipFile, value: Any) -> None:
    out.write(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) + b"\n")  # names of ours are subclasses of str


def restore(engine: Engine, file: Path, then: Callable[[Connection], None] = lambda connection: None) -> dict[str, Sum]:
    """Read a backup into an empty database, which is brought to the backup's revision; `then` ends the transaction.

    Raises ConfigurationError, with no row written, if that cannot be, or if the file is not whole.
    """
    try:
        with gzip.open(file, "rb") as lines:
            head = orjson.loads(lines.readline())
            if not isinstance(head, dict) or head.get("format") != _FORMAT:
                raise ConfigurationError("The file is no backup that this version of Cupola can read.")
            make_room(engine, head["revision"])
            with held_back(engine) as give_back, engine.begin() as connection:
                total = _restore(connection, lines)
                then(connection)
                give_back(connection)
            return total
    except (EOFError, gzip.BadGzipFile, orjson.JSONDecodeError) as error:
        raise ConfigurationError(f"{file} is not a whole backup: {error}. Nothing was written.") from error


def _restore(connection: Connection, lines: IO[bytes] | gzip.GzipFile) -> dict[str, Sum]:
    check_empty(connection)
    known, total = {table.name: table for table in tables()}, dict[str, Sum]()
    now: dict[str, Any] = orjson.loads(lines.readline())
    while "sums" not in now:
        table, names = known[now["table"]], now["columns"]
        following: list[dict[str, Any]] = []

        def rows(following: list[dict[str, Any]] = following) -> Iterator[list[Any]]:
            for line in lines:
                value = orjson.loads(line)
                if isinstance(value, dict):
                    following.append(value)
                    return
                yield value

        total[table.name] = load(connection, table, names, rows())
        if not following:
            raise EOFError("its end is missing")
        now = following[0]
    if now["sums"] != {name: [one.rows, one.checksum] for name, one in total.items()}:
        raise ConfigurationError("The backup does not hold what it held when it was made. Nothing was written.")
    return total


def copy(source: Engine, target: Engine) -> dict[str, Sum]:
    """Write all rows of one database into another, empty one, brought to its revision; it holds all of them or none.

    Raises ConfigurationError if it cannot, or if what arrived is not what left.
    """
    make_room(target, current(source))
    with held_back(target) as give_back, snapshot(source) as there, target.begin() as here:
        check_empty(here)
        total = {table.name: load(here, table, table.c.keys(), rows_of(there, table)) for table in tables()}
        compare(here, total)
        with snapshot(source) as later:  # a part that runs is not seen on SQLite, nor before it has connected
            if written := sorted(name for name, one in sums(later).items() if one != total[name]):
                raise ConfigurationError(
                    f"Something has written to {', '.join(written)} while they were copied: stop all parts. "
                    "Nothing was moved."
                )
        give_back(here)
    return total
