"""Bringing a database to the schema of this program, while the program before it still runs.

One linear history for all services in `base/db/versions/`, run by Alembic. A revision *expands* the schema: it adds
what the programs before it do not mind (a table, an index, a column that may be empty or has a default). Or, when its
module says `contract = True`, it takes away or tightens what the programs before it still use; the database then keeps
the oldest revision whose program may still run (`schema_floor`). So version N+1 is installed in the order: `cupola db
sync` (expands; N goes on running), N+1 in the place of N one process after the other, and when no N is left,
`cupola db sync --contract`.

- A program runs on a database that has all its expansions, whatever newer ones there are, unless the floor is above it.
- The contractions of a release are the last of its history, so that the program runs before them.

A new SQLite file is made from the table definitions at once and stamped; a test proves that the history leads to the
same schema.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, inspect, select, text

from cupola.base.db.types import Column, String, Table, metadata
from cupola.base.errors import ConfigurationError

VERSIONS = Path(__file__).parent / "versions"
_CONTRACT = re.compile(r"^contract = True$", re.MULTILINE)

floor = Table("schema_floor", metadata, Column("oldest", String(32), primary_key=True))
"""The last contraction that was begun, in one row. A program that does not know it cannot run here."""


class History:
    """The revisions of a program, by their number."""

    def __init__(self, directory: Path = VERSIONS) -> None:
        self.directory = directory
        files = sorted(directory.glob("[0-9]*.py"))
        self.revisions = [file.stem.split("_")[0] for file in files]
        self.contractions = [
            revision for revision, file in zip(self.revisions, files, strict=True) if _CONTRACT.search(file.read_text())
        ]

    @property
    def head(self) -> str:
        return self.revisions[-1]

    @property
    def needed(self) -> str:
        """The last expansion: what the program cannot run without."""
        return next(revision for revision in reversed(self.revisions) if revision not in self.contractions)

    def pending(self, at: str | None) -> list[str]:
        """The revisions that a database lacks."""
        return [revision for revision in self.revisions if at is None or revision > at]

    def before(self, revision: str) -> str:
        """The revision that another one follows."""
        return self.revisions[self.revisions.index(revision) - 1]

    def config(self, engine: Engine) -> Any:
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(VERSIONS.parent / "alembic"))
        config.set_main_option("version_locations", str(self.directory))
        config.set_main_option("path_separator", "os")
        config.attributes["engine"] = engine
        return config


def head() -> str:
    """The newest revision of this program."""
    return History().head


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        value = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if value is None else str(value)


@contextlib.contextmanager
def held_back(engine: Engine) -> Iterator[Callable[[Connection], None]]:
    """In the meantime the database has no revision, so that no part starts on it; what is given gives it back, in the
    transaction that a part may start after.
    """
    at = current(engine)

    def give_back(connection: Connection) -> None:
        connection.execute(text("INSERT INTO alembic_version VALUES (:at)"), {"at": at})

    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    try:
        yield give_back
    finally:
        if current(engine) is None:
            with engine.begin() as connection:
                give_back(connection)


def oldest(engine: Engine) -> str | None:
    """The oldest revision whose program may still run on the database; None: any may."""
    if not inspect(engine).has_table(floor.name):
        return None
    with engine.connect() as connection:
        value = connection.execute(select(func.max(floor.c.oldest))).scalar()
    return None if value is None else str(value)


def hindrance(engine: Engine, history: History | None = None) -> str | None:
    """Why this program cannot run on the database, in a sentence; None: it can."""
    history = history or History()
    at = current(engine)
    if at is None:
        return "The database is empty: run `cupola db sync` first."
    if at < history.needed:
        return f"The database is at revision {at}, this program needs {history.needed}: run `cupola db sync`."
    if at > history.head and (least := oldest(engine)) is not None and least > history.head:
        return (
            f"The database is at revision {at}, on which programs that know {least} or later can run, "
            f"and this one knows {history.head}: install the newer one."
        )
    return None


def check(engine: Engine) -> None:
    """Raise ConfigurationError if this program cannot run on the database: parts of a cloud leave it as it is."""
    if hindered := hindrance(engine):
        raise ConfigurationError(hindered)


def sync(engine: Engine, contract: bool = True, history: History | None = None, to: str | None = None) -> list[str]:
    """Bring the database to this program's revision, or to an earlier one; returns the revisions that were run. Safe to
    repeat, and after an interrupted run. Without `contract`, programs of the version before go on running.

    Raises ConfigurationError for a database on which only newer programs can run, and where an expansion comes after a
    contraction that was not run.
    """
    history = history or History()
    at = current(engine)
    if at is None and not inspect(engine).get_table_names():
        contract = True  # nobody is there to be disturbed
    if at is not None and at > history.head:
        if hindered := hindrance(engine, history):
            raise ConfigurationError(hindered)
        return []
    to = to or history.head
    if at is None and to == head() and history.directory == VERSIONS and _make_new_file(engine, history):
        return history.revisions
    pending = [one for one in history.pending(at) if one <= to]
    for revision in [one for one in pending if one in history.contractions]:
        if not contract:
            if revision < history.needed:
                raise ConfigurationError(
                    f"Revision {revision} takes away what programs before it need, and more "
                    "follows it: when none of them runs any more, run `cupola db sync --contract`."
                )
            pending = [one for one in pending if one < revision]
            break
        upgrade(engine, history.before(revision), history)
        _raise_floor(engine, revision)
        upgrade(engine, revision, history)
    if pending:
        upgrade(engine, pending[-1], history)
    return pending


def _make_new_file(engine: Engine, history: History) -> bool:
    if engine.dialect.name != "sqlite" or inspect(engine).get_table_names():
        return False
    with engine.begin() as connection:
        metadata.create_all(connection)
        if history.contractions:
            connection.execute(floor.insert().values(oldest=history.contractions[-1]))
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (history.head,))
    return True


def _raise_floor(engine: Engine, to: str) -> None:
    """Noted before the contraction is run: a program that starts in the meantime must not."""
    with engine.begin() as connection:
        connection.execute(floor.delete())
        connection.execute(floor.insert().values(oldest=to))


def upgrade(engine: Engine, to: str = "head", history: History | None = None) -> None:
    """Run the history up to a revision."""
    from alembic import command

    command.upgrade((history or History()).config(engine), to)
