"""The package's maintainer scripts, run with another root and with stand-ins for what changes the machine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "packaging/debian"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A machine with systemd, and stand-ins that only write down how they were called."""
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name in ("systemctl", "deb-systemd-invoke", "deb-systemd-helper", "userdel", "a2dissite"):
        stand_in(tmp_path, name, f'echo "$(basename "$0") $*" >> {tmp_path}/called')
    (tmp_path / "var/lib/cupola/images").mkdir(parents=True)
    (tmp_path / "var/lib/cupola/images/1").touch()
    (tmp_path / "etc/cupola").mkdir(parents=True)
    return tmp_path


def stand_in(tree: Path, name: str, text: str) -> None:
    (tree / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
    (tree / "bin" / name).chmod(0o755)


def run(tree: Path, script: str, *words: str) -> list[str]:
    """Run a script in the tree; returns which commands it called."""
    text = re.sub(r"(?<![\w/])(?=/(var|etc|run)/)", str(tree), (SCRIPTS / script).read_text())
    variables = {**os.environ, "PATH": f"{tree}/bin:{os.environ['PATH']}"}
    subprocess.run(["sh", "-s", *words], input=text, env=variables, text=True, check=True, timeout=30)
    called = tree / "called"
    return called.read_text().splitlines() if called.exists() else []


def test_a_removal_ends_what_runs_and_leaves_no_link_behind(tree: Path) -> None:
    stop, disable = run(tree, "prerm", "remove")
    assert set(stop.split()) > {"stop", "cupola-agent.service", "cupola-conductor.service", "cupola-api.service"}
    assert disable == "deb-systemd-helper disable cupola.target"


@pytest.mark.parametrize("words", [("upgrade", "2.0"), ("deconfigure",)])
def test_an_upgrade_stops_nothing(words: tuple[str, ...], tree: Path) -> None:
    assert run(tree, "prerm", *words) == []


def test_a_machine_without_systemd_is_left_to_its_operator(tree: Path) -> None:
    (tree / "run/systemd/system").rmdir()
    assert run(tree, "prerm", "remove") == []


def test_a_purge_deletes_data_settings_and_user(tree: Path) -> None:
    assert run(tree, "postrm", "purge") == ["userdel cupola"]
    assert not (tree / "var/lib/cupola").exists()
    assert not (tree / "etc/cupola").exists()


def test_a_purge_of_a_file_system_of_its_own_empties_it_and_goes_on(tree: Path) -> None:
    stand_in(tree, "rmdir", "exit 1")
    stand_in(tree, "rm", f'case "$*" in *{tree}/var/lib/cupola*) exit 1;; esac; exec /bin/rm "$@"')
    assert run(tree, "postrm", "purge") == ["userdel cupola"]
    assert list((tree / "var/lib/cupola").iterdir()) == []
    assert not (tree / "etc/cupola").exists()


@pytest.mark.parametrize(("settings", "speaks_of"), [("[database]\n", True), ("[agent]\n", False)])
def test_an_upgrade_speaks_of_tables_only_where_there_is_a_database(
    settings: str, speaks_of: bool, tree: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tree / "etc/cupola/cupola.toml").write_text(settings)
    stand_in(tree, "getent", "exit 0")
    run(tree, "postinst", "configure", "1.0")
    assert ("cupola db sync" in capfd.readouterr().err) == speaks_of
