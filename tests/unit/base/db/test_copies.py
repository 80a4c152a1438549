"""Making room for what is restored or moved: which revision the database gets, and what is left alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert
from tests.unit.base.db.test_migrations import newer_history

from cupola.base.db.copies import backup, copy, make_room
from cupola.base.db.engine import make_engine
from cupola.base.db.migrations import History, check, current, head, held_back, oldest, sync
from cupola.base.db.types import metadata
from cupola.base.errors import ConfigurationError


@pytest.fixture
def newer(tmp_path: Path) -> History:
    (tmp_path / "newer").mkdir()
    return newer_history(tmp_path / "newer")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return make_engine(f"sqlite:///{tmp_path / 'new.db'}", durable=False)


def test_what_was_copied_between_expansion_and_contraction_finds_its_revision(engine: Engine, newer: History) -> None:
    make_room(engine, "9001", newer)
    assert (current(engine), oldest(engine)) == ("9001", None)
    make_room(engine, "9001", newer)
    with pytest.raises(ConfigurationError, match="at revision 9001"):
        make_room(engine, "9002", newer)  # a contraction is not for it to run: somebody may be there


def test_an_empty_database_gets_the_contractions_too(engine: Engine, newer: History) -> None:
    make_room(engine, "9002", newer)
    assert (current(engine), oldest(engine)) == ("9002", "9002")


@pytest.mark.parametrize("revision", ["0001", head(), "9003", None])
def test_a_revision_that_this_program_does_not_work_with_is_refused(
    engine: Engine, newer: History, revision: str | None
) -> None:
    with pytest.raises(ConfigurationError, match="works with 9001 to 9002"):
        make_room(engine, revision, newer)
    assert current(engine) is None


def test_a_database_that_is_used_keeps_its_revision(engine: Engine, newer: History) -> None:
    sync(engine)
    with engine.begin() as connection:
        connection.execute(insert(metadata.tables["dead_letters"]).values(**LETTER))
    with pytest.raises(ConfigurationError, match="not empty"):
        make_room(engine, "9001", newer)
    assert current(engine) == head()


def test_no_part_starts_while_rows_come(engine: Engine) -> None:
    make_room(engine, head())
    with held_back(engine) as give_back:
        with pytest.raises(ConfigurationError, match="is empty"):
            check(engine)
        with engine.begin() as connection:
            give_back(connection)
        check(engine)
    check(engine)
    with pytest.raises(OSError, match="full"), held_back(engine):
        raise OSError("the disk is full")
    check(engine)


def test_a_newer_program_s_database_is_not_backed_up_in_part(engine: Engine, newer: History, tmp_path: Path) -> None:
    sync(engine)
    sync(engine, contract=False, history=newer)
    with pytest.raises(ConfigurationError, match="Back up with the newer"):
        backup(engine, tmp_path / "backup.gz")
    assert not (tmp_path / "backup.gz").exists()


def test_what_is_written_to_the_original_meanwhile_is_noticed(engine: Engine, tmp_path: Path) -> None:
    sync(engine)
    target = make_engine(f"sqlite:///{tmp_path / 'target.db'}", durable=False)
    letters = metadata.tables["dead_letters"]
    with engine.begin() as connection:
        connection.execute(insert(letters).values(**LETTER))

    left = ["2"]

    @event.listens_for(target, "before_cursor_execute")
    def somebody_writes(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO dead_letters") and left:
            with engine.begin() as connection:
                connection.execute(insert(letters).values(**LETTER | {"id": left.pop()}))

    with pytest.raises(ConfigurationError, match="dead_letters while"):
        copy(engine, target)
    copy(engine, target)


LETTER = {
    "id": "1",
    "queue": "q",
    "reason": "r",
    "message_id": "m",
    "type": "t",
    "subject": "s",
    "body": "",
    "recorded_at": datetime(2026, 1, 1),
}
