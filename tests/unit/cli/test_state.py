"""The state directory: whose it is, who holds it, and secrets in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cupola.base.errors import ConfigurationError
from cupola.cli.state import StateLock, claim, default_state_dir, is_ours, password, write_secret


def test_a_directory_with_other_files_is_nobodys_state(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ConfigurationError, match="holds other files"):
        claim(tmp_path)
    assert not is_ours(tmp_path)


def test_a_new_or_empty_directory_is_claimed_once_and_for_all(tmp_path: Path) -> None:
    for directory in (tmp_path / "new" / "state", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        claim(directory)
        (directory / "cupola.db").touch()
        claim(directory)
        assert is_ours(directory)


def test_the_lock_tells_who_holds_it_and_where_it_answers(tmp_path: Path) -> None:
    lock, looker = StateLock(tmp_path / "s"), StateLock(tmp_path / "s")
    assert (looker.holder(), looker.url()) == (None, None)
    lock.take()
    assert (looker.holder(), looker.url()) == (os.getpid(), None)
    lock.announce("http://127.0.0.1:8780")
    assert (looker.holder(), looker.url()) == (os.getpid(), "http://127.0.0.1:8780")
    with pytest.raises(ConfigurationError, match=f"runs already, as process {os.getpid()}"):
        looker.take()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    take = "import sys, pathlib, cupola.cli.state as s; s.StateLock(pathlib.Path(sys.argv[1])).take()"
    subprocess.run([sys.executable, "-c", take, str(tmp_path)], check=True)
    assert (tmp_path / "cupola.pid").read_text().strip().isdigit()
    assert StateLock(tmp_path).holder() is None


def test_a_secret_is_its_owners_alone(tmp_path: Path) -> None:
    write_secret(tmp_path / "s", "one")
    write_secret(tmp_path / "s", "two")
    assert (tmp_path / "s").read_text() == "two"
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_secret_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "others").write_text("theirs")
    (tmp_path / f".s.{os.getpid()}").symlink_to("others")
    write_secret(tmp_path / "s", "ours")
    assert ((tmp_path / "others").read_text(), (tmp_path / "s").read_text()) == ("theirs", "ours")


def test_a_password_is_made_once(tmp_path: Path) -> None:
    made = password(tmp_path / "p")
    assert len(made) >= 20
    assert password(tmp_path / "p") == made


def test_the_variable_chooses_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUPOLA_STATE_DIR", "/somewhere")
    assert default_state_dir() == Path("/somewhere")
