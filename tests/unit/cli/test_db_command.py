"""`cupola db` on each kind of database, under a cloud that has been used."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tests.conftest import require

from cupola.base.db import copies
from cupola.base.db.engine import make_engine
from cupola.base.db.migrations import head
from cupola.base.db.types import metadata
from cupola.cli.db_command import db
from cupola.cli.state import StateLock
from cupola.compute.interface import forget_before
from cupola.testing import databases
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo


class Command:
    """`cupola db` with the settings of a cloud."""

    def __init__(self, directory: Path, url: str) -> None:
        self.config = directory / "cupola.toml"
        self.config.write_text(f'[database]\nconnection = "{url}"\n[DEFAULT]\nhypervisor = "simulated"\n')
        self._options = ["--config", str(self.config), "--state-dir", str(directory)]

    def __call__(self, *words: str, refused: bool = False) -> str:
        done = CliRunner().invoke(db, [words[0], *self._options, *words[1:]])
        assert done.exit_code == (1 if refused else 0), done.output
        return done.output


@pytest.fixture(params=("sqlite", "postgresql", "mariadb"))
def kind(request: pytest.FixtureRequest) -> Any:
    require(request.param)
    with databases.standing_on(request.param):
        yield request.param


@pytest.fixture
def cloud(kind: str, tmp_path: Path) -> TestCloud:
    """A cloud with a server that lives and one that was deleted."""
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    demo.active()
    gone = demo.active()
    cloud.member()
    assert cloud.log_in("demo", "demo").delete(f"/compute/v2.1/servers/{gone}").status == 204
    cloud.settle()
    return cloud


@pytest.fixture
def command(cloud: TestCloud, tmp_path: Path) -> Command:
    return Command(tmp_path, cloud.settings.database_url)


def sums(url: str) -> Any:
    engine = make_engine(url)
    with copies.snapshot(engine) as connection:
        found = copies.sums(connection)
    engine.dispose()
    return found


def test_sync_and_status(command: Command, kind: str) -> None:
    assert command("sync") == f"The database is at revision {head()}; it was at {head()}.\n"
    said = command("status")
    assert {"sqlite": "SQLite 3", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}[kind] in said
    assert "table operations: " in said
    assert "pending" not in said
    assert "c0ntr0l" not in said


def test_a_backup_of_a_running_cloud_is_restored_elsewhere(command: Command, cloud: TestCloud, tmp_path: Path) -> None:
    file = tmp_path / "backup.gz"
    command("backup", str(file))
    assert file.stat().st_mode & 0o77 == 0
    before = sums(cloud.settings.database_url)
    assert "exists already" in command("backup", str(file), refused=True)
    assert "not empty" in command("restore", str(file), refused=True)
    (tmp_path / "other").mkdir()
    other = Command(tmp_path / "other", f"sqlite:///{tmp_path / 'other' / 'new.db'}")
    whole = file.read_bytes()
    lines = gzip.decompress(whole).splitlines()
    file.write_bytes(gzip.compress(b"\n".join(lines[:-3])))
    assert "not a whole backup" in other("restore", str(file), refused=True)
    file.write_bytes(whole)
    other("restore", str(file))
    after = sums(f"sqlite:///{tmp_path / 'other' / 'new.db'}")
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"networks", "routers", "servers", "identity_epoch"}
    assert all(after[name].rows == before[name].rows for name in changed)


@pytest.mark.parametrize("to", ["postgresql", "mariadb"])
def test_nothing_is_restored_under_a_part_that_runs(tmp_path: Path, to: str) -> None:
    require(to)
    file = tmp_path / "backup.gz"
    Command(tmp_path, f"sqlite:///{tmp_path / 'old.db'}")("sync")
    Command(tmp_path, f"sqlite:///{tmp_path / 'old.db'}")("backup", str(file))
    with databases.standing_on(to):
        url = databases.url_for(tmp_path)
    part = make_engine(url)
    with part.connect():
        assert "stop all parts" in Command(tmp_path, url)("restore", str(file), refused=True)
    part.dispose()
    StateLock(tmp_path / "state").take()
    (tmp_path / "state" / "cupola.toml").write_text("")
    assert "The cloud runs" in Command(tmp_path / "state", url)("restore", str(file), refused=True)


@pytest.mark.parametrize("to", ["postgresql", "mariadb"])
def test_a_cloud_moves(command: Command, cloud: TestCloud, to: str, tmp_path: Path) -> None:
    require(to)
    before = sums(cloud.settings.database_url)
    with databases.standing_on(to):
        url = databases.url_for(tmp_path)
    if not cloud.settings.database_url.startswith("sqlite"):
        assert "other connections" in command("move", url, refused=True)
    cloud.database.close()
    assert "rows of" in command("move", url)
    assert sums(url) == before == sums(cloud.settings.database_url)
    assert "not empty" in command("move", url, refused=True)


def test_what_is_over_is_archived_and_what_lives_stays(command: Command, cloud: TestCloud, tmp_path: Path) -> None:
    def ids(table: str) -> set[str]:
        query = select(metadata.tables[table].c.id)
        return {str(row["id"]) for row in cloud.ctx.read("look", lambda tx: tx.all(query))}

    file = tmp_path / "archive.jsonl"
    assert "Removed: 0 rows" in command("purge", "--days", "3650")
    names = ("operations", "journal", "outbox", "transitions", "requests", "servers")
    before = {name: ids(name) for name in names}
    command("archive", "--days", "1", str(file))  # the cloud's clock is held in the past
    after = {name: ids(name) for name in names}
    archived = [json.loads(line) for line in file.read_text().splitlines()]
    for name in names:
        gone = {line["row"]["id"] for line in archived if line["table"] == name}
        assert before[name] - after[name] == gone != set(), name
    [server] = after["servers"]
    actions = cloud.log_in("demo", "demo").get(f"/compute/v2.1/servers/{server}/os-instance-actions").json
    assert [action["action"] for action in actions["instanceActions"]] == ["create"]
    assert "Removed: 0 rows" in command("purge", "--days", "1")
    cloud.settle()
    assert cloud.findings() == []


def test_the_actions_of_a_server_that_was_deleted_lately_stay(cloud: TestCloud) -> None:
    cloud.clock.advance(timedelta(days=100).total_seconds())
    cloud._tokens.clear()  # they have expired
    demo = Demo(cloud)
    [last] = demo.statuses()
    demo.delete(last)
    cloud.settle()
    forget_before(cloud.ctx, cloud.ctx.now() - timedelta(days=90))
    query = select(metadata.tables["operations"].c.name, metadata.tables["operations"].c.resource_id)
    left = cloud.ctx.read("look", lambda tx: tx.all(query))
    assert {(row["name"], row["resource_id"]) for row in left} == {
        ("compute.create_server", last),
        ("compute.delete_server", last),
    }


def test_sync_makes_the_tables_and_may_be_run_again(tmp_path: Path) -> None:
    words = ["sync", "--state-dir", str(tmp_path)]
    first, second = (CliRunner().invoke(db, words).output for _ in range(2))
    assert first == f"The database is at revision {head()}; it was at none.\n"
    assert second == f"The database is at revision {head()}; it was at {head()}.\n"


def test_sync_names_a_database_that_does_not_answer(tmp_path: Path) -> None:
    config = tmp_path / "cupola.toml"
    config.write_text('[database]\nconnection = "postgresql://cupola:secret@127.0.0.1:1/cloud"\n')
    said = CliRunner().invoke(db, ["sync", "--state-dir", str(tmp_path), "--config", str(config)])
    assert said.exit_code == 1
    assert "The database refuses: connection failed" in said.output
    assert "secret" not in said.output
