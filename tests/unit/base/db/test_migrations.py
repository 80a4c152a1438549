"""The history of revisions leads to the schema that the program's tables declare, on every database."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

import cupola
from cupola.base.db.engine import make_engine
from cupola.base.db.migrations import current, head, sync, upgrade
from cupola.base.db.types import metadata
from cupola.base.errors import ConfigurationError

for _module in pkgutil.walk_packages(cupola.__path__, "cupola."):
    if ".tables" in _module.name:
        importlib.import_module(_module.name)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_history_leads_to_the_declared_schema(database_url: str) -> None:
    engine = make_engine(database_url, durable=False)
    upgrade(engine)
    assert current(engine) == head()
    assert differences(engine) == []
    engine.dispose()


def test_an_interrupted_history_is_taken_up_again(database_url: str) -> None:
    engine = make_engine(database_url, durable=False)
    upgrade(engine, "0003")
    with engine.begin() as connection:  # as if the fourth revision had died before it was noted
        metadata.sorted_tables[3].create(connection)
    upgrade(engine)
    assert differences(engine) == []
    engine.dispose()


def test_a_new_sqlite_file_is_at_the_head_at_once(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    sync(engine)
    assert current(engine) == head()
    assert differences(engine) == []
    sync(engine)


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    sync(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="9999"):
        sync(engine)
