"""Bringing a database to the schema of this program.

One linear history for all services in `base/db/versions/`, run by Alembic. A new SQLite file is made from the table
definitions at once and stamped; a test proves that the history leads to the same schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect

from cupola.base.db.types import metadata
from cupola.base.errors import ConfigurationError

VERSIONS = Path(__file__).parent / "versions"


def _config(engine: Engine) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent / "alembic"))
    config.set_main_option("version_locations", str(VERSIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config


def head() -> str:
    """The newest revision: the last file of the history by its number."""
    newest = max(path.stem for path in VERSIONS.glob("[0-9]*.py"))
    return newest.split("_")[0]


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        value = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if value is None else str(value)


def sync(engine: Engine) -> None:
    """Bring the database to `head()`. Safe to repeat, and after an interrupted run.

    Raises ConfigurationError for a database that a newer program has been at.
    """
    at = current(engine)
    if at == head():
        return
    if at is not None and at > head():
        raise ConfigurationError(
            f"The database is at revision {at}, this program knows {head()}: install the newer one."
        )
    if at is None and engine.dialect.name == "sqlite" and not inspect(engine).get_table_names():
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (head(),))
        return
    upgrade(engine)


def check(engine: Engine) -> None:
    """Raise ConfigurationError unless the database is at `head()`: parts of a cloud leave it as it is."""
    at = current(engine)
    if at is None:
        raise ConfigurationError("The database is empty: run `cupola db sync` first.")
    if at < head():
        raise ConfigurationError(
            f"The database is at revision {at}, this program needs {head()}: run `cupola db sync`."
        )
    if at > head():
        raise ConfigurationError(
            f"The database is at revision {at}, this program knows {head()}: install the newer one."
        )


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run the history up to a revision."""
    from alembic import command

    command.upgrade(_config(engine), to)
