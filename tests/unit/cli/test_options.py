"""Which settings a command of an installed cloud takes."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cupola.cli import options

INSTALLED = Path("/dev/null")
"""A file that is there, in the place of /etc/cupola/cupola.toml."""


@click.command()
@options.config_option
@options.state_dir_option
def shown(state_dir: Path, config: Path | None) -> None:
    click.echo(str(config))


@pytest.mark.parametrize(
    ("words", "variables", "config"),
    [
        ((), {}, str(INSTALLED)),
        (("--state-dir", "/var/lib/cupola"), {}, str(INSTALLED)),
        ((), {"CUPOLA_STATE_DIR": "/var/lib/cupola"}, str(INSTALLED)),
        (("--state-dir", "/tmp/x"), {}, "None"),
        ((), {"CUPOLA_STATE_DIR": "/tmp/x"}, "None"),
        (("--state-dir", "/tmp/x", "--config", "/dev/zero"), {}, "/dev/zero"),
        (("--config", "/dev/zero"), {}, "/dev/zero"),
        ((), {"CUPOLA_CONFIG": "/dev/zero"}, "/dev/zero"),
    ],
)
def test_the_installed_settings_are_for_the_installed_directory(
    words: tuple[str, ...], variables: dict[str, str], config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CUPOLA_STATE_DIR", "CUPOLA_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(options, "installed_config", lambda: INSTALLED)
    said = CliRunner().invoke(shown, words, env=variables)
    assert said.output == f"{config}\n"


def test_a_directory_that_may_be_passed_through_only_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the user cupola sees an installed one."""
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.R_OK)
    said = CliRunner().invoke(shown, ("--state-dir", str(tmp_path)))
    assert said.exit_code == 0, said.output


def test_nobody_who_reads_on_is_no_fault_to_tell_of() -> None:
    @options.says_why
    def told() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):  # click ends quietly then
        told()
