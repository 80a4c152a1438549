"""Settings read again at run time: what takes effect, what waits for a restart, and what a broken file changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.base.errors import OperatorsError
from cupola.base.policy import Enforcer, Rule
from cupola.wiring.reload import Reload
from cupola.wiring.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    logging.getLogger().setLevel(before)


class Place:
    """A settings file and the rules of a running process."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.file, self.policy = directory, directory / "cupola.toml", directory / "policy.yaml"
        self.rules = Enforcer([Rule("thing:show", "role:admin", "Show a thing.")])
        self.write('log_level = "INFO"')
        self.reload = Reload(self.read(), self.read)

    def write(self, *lines: str) -> None:
        self.file.write_text("\n".join(["[DEFAULT]", *lines, f'policy_file = "{self.policy}"']))

    def read(self) -> Settings:
        return load_settings(self.file, self.directory, {})

    def a_reader_may(self) -> bool:
        return self.rules.allows("thing:show", {"roles": ["reader"]}, {})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_level_and_policy_change_at_once(place: Place) -> None:
    place.write('log_level = "DEBUG"')
    place.policy.write_text('"thing:show": "role:reader"\n')
    assert place.reload(place.rules) == "The settings were read again; changed: [DEFAULT] log_level."
    assert logging.getLogger().level == logging.DEBUG
    assert place.a_reader_may()
    place.policy.unlink()
    assert place.reload(place.rules) == "The settings were read again; changed: nothing."
    assert not place.a_reader_may()


def test_what_needs_a_restart_is_named_each_time(place: Place) -> None:
    place.write('log_level = "INFO"', "port = 9000")
    for _ in range(2):
        assert place.reload().endswith("changed: nothing. Only a restart changes [DEFAULT] port.")


@pytest.mark.parametrize(
    ("lines", "policy", "why"),
    [
        (["nonsense"], "", "not valid TOML"),
        (['log_level = "LOUD"'], "", "log_level must be one of DEBUG"),
        (['log_level = "DEBUG"'], '"thing:shown": "role:reader"', "no such rule"),
        (['log_level = "DEBUG"'], '"thing:show": [', "cannot be read"),
    ],
)
def test_a_broken_file_changes_nothing(place: Place, lines: list[str], policy: str, why: str) -> None:
    logging.getLogger().setLevel(logging.INFO)
    place.write(*lines)
    place.policy.write_text(policy)
    with pytest.raises(OperatorsError, match=why):
        place.reload(place.rules)
    assert logging.getLogger().level == logging.INFO
    assert not place.a_reader_may()
