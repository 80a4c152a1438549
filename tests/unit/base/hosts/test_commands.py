"""An agent's memory of commands."""

from __future__ import annotations

from pathlib import Path

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


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "KEPT", 3)
    store = CommandStore(":memory:")
    for number in range(6):
        store.begin(f"m{number}")
        store.finished(f"m{number}", REPORT)
    assert [number for number in range(6) if store.report_of(f"m{number}")] == [3, 4, 5]
