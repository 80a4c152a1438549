"""The command's words where no cloud runs: one clear sentence, and an exit status for scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cupola.cli.main import main


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUPOLA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def cupola(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("words", [("status",), ("doctor",), ("trace", "x"), ("demo",), ("ssh", "first")])
def test_what_needs_a_cloud_says_how_to_start_one(words: tuple[str, ...]) -> None:
    said = cupola(*words)
    assert said.exit_code == 1
    assert "start one with `cupola up`" in said.output


def test_down_and_purge_of_nothing_are_fine() -> None:
    assert cupola("down").exit_code == 0
    assert "nothing to purge" in cupola("down", "--purge").output


def test_up_refuses_a_directory_that_holds_other_files(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "thesis.tex").touch()
    said = cupola("up", "--hypervisor", "simulated")
    assert (said.exit_code, "holds other files" in said.output) == (1, True)
    assert "nothing to purge" in cupola("down", "--purge").output
    assert (tmp_path / "state" / "thesis.tex").exists()


def test_up_names_what_is_wrong_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text("[DEFAULT]\nprot = 1\n")
    said = cupola("up", "--config", str(file))
    assert (said.exit_code, "no setting 'prot'" in said.output) == (1, True)


def test_up_refuses_a_broker_where_nobody_proves_who_speaks(tmp_path: Path) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text('[DEFAULT]\ntransport_url = "rabbit://cupola:hidden@broker/"\n')
    said = cupola("up", "--config", str(file))
    assert (said.exit_code, "names a broker" in said.output, "docs/parts.md" in said.output) == (1, True, True)
    assert "hidden" not in said.output
    assert not (tmp_path / "state").exists()


def test_up_refuses_what_is_no_port() -> None:
    said = cupola("up", "--port", "80000")
    assert (said.exit_code, "65535" in said.output) == (2, True)


def test_up_says_what_is_wrong_with_the_users_own_file_before_it_starts(tmp_path: Path) -> None:
    file = tmp_path / "config" / "openstack" / "clouds.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("clouds: [1")
    said = cupola("up", "--hypervisor", "simulated")
    assert (said.exit_code, f"{file} is no YAML" in said.output) == (1, True)
    assert not (tmp_path / "state" / "cupola.log").exists()


def test_help_lists_the_words() -> None:
    listed = cupola("--help").output
    assert all(f"\n  {word} " in listed for word in ("up", "down", "status", "demo", "ssh", "trace", "doctor"))
