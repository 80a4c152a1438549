"""An agent's memory of commands."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from cupola.base.hosts import commands
from cupola.base.hosts.commands import CommandStore
from cupola.base.operations import Report

REPORT = Report("m1", "h1", False, {"a": 1}, {"code": "X", "message": "ä"}, ({"what": "w"},), "then", "now")


def test_a_report_is_kept_and_there_after_a_restart(tmp_path: Path) -> None:
    store = CommandStore(tmp_path / "commands.db")
    store.begin("m1")
    store.finished("m1", REPORT)
    store.close()
    assert CommandStore(tmp_path / "commands.db").report_of("m1") == REPORT


def test_a_command_that_was_cut_short_has_no_report() -> None:
    store = CommandStore(":memory:")
    store.begin("m1")
    assert store.report_of("m1") is None
    assert store.report_of("never heard of") is None


def test_beginning_again_keeps_what_was_reported() -> None:
    store = CommandStore(":memory:")
    store.begin("m1")
    store.finished("m1", REPORT)
    store.begin("m1")
    assert store.report_of("m1") == REPORT


def test_one_of_which_a_copy_may_still_come_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "FORGET_EVERY", 1)
    monkeypatch.setattr(commands, "KEPT", 0)
    store = CommandStore(":memory:")
    deadline = datetime(2026, 1, 1, tzinfo=UTC)
    at = [deadline + timedelta(hours=hours) for hours in (0, 20, 30)]
    store.begin("m1", deadline)
    store.finished("m1", replace(REPORT, done_at=at[0].isoformat()))
    for number, moment in enumerate(at[1:], 2):
        assert store.report_of("m1"), "a copy may come"
        store.begin(f"m{number}", moment)
        store.finished(f"m{number}", replace(REPORT, done_at=moment.isoformat()))
    assert store.report_of("m1") is None


def test_what_an_older_version_kept_is_there(tmp_path: Path) -> None:
    file = sqlite3.connect(tmp_path / "commands.db")
    file.execute(
        "CREATE TABLE commands (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, report TEXT)"
    )
    file.execute("INSERT INTO commands (id, report) VALUES ('m1', ?)", (orjson.dumps(REPORT.to_payload()).decode(),))
    file.commit()
    file.close()
    store = CommandStore(tmp_path / "commands.db")
    assert store.report_of("m1") == REPORT
    store.begin("m2", datetime(2026, 1, 1, tzinfo=UTC))


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "FORGET_EVERY", 1)
    monkeypatch.setattr(commands, "KEPT", 3)
    store = CommandStore(":memory:")
    for number in range(6):
        store.begin(f"m{number}")
        store.finished(f"m{number}", REPORT)
    assert [number for number in range(6) if store.report_of(f"m{number}")] == [3, 4, 5]


def test_what_must_be_kept_is_not_looked_through_after_each_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "KEPT", 0)
    monkeypatch.setattr(commands, "FORGET_EVERY", 3)
    store = CommandStore(":memory:")
    kept = []
    for number in range(1, 7):
        store.begin(f"m{number}")
        store.finished(f"m{number}", REPORT)
        kept.append(sum(store.report_of(f"m{each}") is not None for each in range(1, number + 1)))
    assert kept == [1, 2, 0, 1, 2, 0]
