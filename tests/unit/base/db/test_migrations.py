"""The history of revisions leads to the schema that the program's tables declare, on every database."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, text

import cupola
from cupola.base.db.engine import make_engine
from cupola.base.db.migrations import (
    VERSIONS,
    History,
    _make_new_file,
    check,
    current,
    floor,
    head,
    oldest,
    sync,
    upgrade,
)
from cupola.base.db.types import metadata
from cupola.base.errors import ConfigurationError
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo

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


def test_a_new_sqlite_file_of_a_contracted_schema_refuses_the_program_before(tmp_path: Path) -> None:
    (tmp_path / "newer").mkdir()
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    assert _make_new_file(engine, newer_history(tmp_path / "newer"))
    with pytest.raises(ConfigurationError, match="9002"):
        check(engine)


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    sync(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    sync(engine)  # what was added is no hindrance
    with engine.begin() as connection:
        connection.execute(floor.insert().values(oldest="9998"))
    with pytest.raises(ConfigurationError, match="9999"):
        sync(engine)


def newer_history(directory: Path) -> History:
    """That of a version N+1: it adds a column and a table, and in the end takes a column away that N uses."""
    for file in VERSIONS.glob("[0-9]*.py"):
        shutil.copy(file, directory)
    (directory / "9001_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9001', '{head()}'\n"
        "def upgrade():\n"
        "    op.add_column('networks', sa.Column('colour', sa.String(8), nullable=True))\n"
    )
    (directory / "9002_less.py").write_text(
        "from alembic import op\nrevision, down_revision = '9002', '9001'\ncontract = True\n"
        "def upgrade():\n    op.drop_column('networks', 'description')\n"
    )
    return History(directory)


def test_the_version_before_runs_on_until_the_contraction(database_url: str, tmp_path: Path) -> None:
    newer = newer_history(tmp_path)
    engine = make_engine(database_url, durable=False)
    sync(engine)
    assert sync(engine, contract=False, history=newer) == ["9001"]
    assert newer.needed == current(engine) == "9001"
    check(engine)  # this program, of version N
    cloud = TestCloud(tmp_path, url=database_url)
    demo = Demo(cloud)
    server = demo.active()
    cloud.member().get("/network/v2.0/networks").json["networks"]
    cloud.settle()
    cloud.assert_sound()
    assert server

    assert sync(engine, contract=True, history=newer) == ["9002"]
    assert oldest(engine) == "9002"
    with pytest.raises(ConfigurationError, match="install the newer one"):
        check(engine)
    cloud.database.close()
    engine.dispose()


def test_any_earlier_revision_is_brought_up(database_url: str) -> None:
    """As if each of these had been a release."""
    engine = make_engine(database_url, durable=False)
    for revision in [*History().revisions[6::15], head()]:
        upgrade(engine, revision)
        assert current(engine) == revision
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.parametrize("interrupted", [False, True])
def test_tables_that_took_text_with_a_space_for_text_without_are_mended(
    database_servers: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    padding = "SELECT count(*) FROM information_schema.columns WHERE table_schema = database()"
    padding += " AND collation_name = 'utf8mb4_bin' AND table_name <> 'alembic_version'"
    foreign = "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema = database()"
    with database_servers("mariadb").scratch() as url:
        engine = make_engine(url, durable=False)
        with monkeypatch.context() as before:
            before.setattr("cupola.base.db.types.exact_collation", lambda dialect: "utf8mb4_bin")
            sync(engine, to="0057")
        with engine.connect() as connection:
            keys = connection.exec_driver_sql(foreign).scalar()
            assert connection.exec_driver_sql(padding).scalar() > 100
        if interrupted:  # when half of the tables were done
            killed = event.listens_for(engine, "before_cursor_execute")(_die_at("ALTER TABLE `ports` CONVERT"))
            with pytest.raises(KeyboardInterrupt):
                sync(engine)
            event.remove(engine, "before_cursor_execute", killed)
        sync(engine)
        with engine.connect() as connection:
            assert connection.exec_driver_sql(padding).scalar() == 0
            assert connection.exec_driver_sql(foreign).scalar() == keys
        assert differences(engine) == []
        engine.dispose()


def _die_at(words: str) -> Callable[..., None]:
    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if words in statement:
            raise KeyboardInterrupt

    return before
