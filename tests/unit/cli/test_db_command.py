"""`cupola db sync` on an empty database, and again."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from cupola.base.db.migrations import head
from cupola.cli.main import main


def test_sync_makes_the_tables_and_may_be_run_again(tmp_path: Path) -> None:
    words = ["db", "sync", "--state-dir", str(tmp_path)]
    first, second = (CliRunner().invoke(main, words).output for _ in range(2))
    assert first == f"The database is at revision {head()}; it was at none.\n"
    assert second == f"The database is at revision {head()}; it was at {head()}.\n"


def test_sync_names_a_database_that_does_not_answer(tmp_path: Path) -> None:
    config = tmp_path / "cupola.toml"
    config.write_text('[database]\nconnection = "postgresql://cupola:secret@127.0.0.1:1/cloud"\n')
    said = CliRunner().invoke(main, ["db", "sync", "--state-dir", str(tmp_path), "--config", str(config)])
    assert said.exit_code == 1
    assert "The database refuses: connection failed" in said.output
    assert "secret" not in said.output
