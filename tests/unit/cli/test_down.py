"""`cupola down --purge` deletes the cloud of `cupola up`, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.base.errors import ConfigurationError
from cupola.base.process import only_one
from cupola.cli.down import down
from cupola.cli.state import claim


@pytest.fixture
def state(tmp_path: Path) -> Path:
    claim(tmp_path / "state")
    (tmp_path / "state/agent").mkdir()
    (tmp_path / "state/agent/lock").touch()
    return tmp_path / "state"


def test_what_was_left_of_a_cloud_is_deleted(state: Path) -> None:
    assert list(down(state, purge=True))[-1] == f"Deleted: {state}."
    assert not state.exists()


def test_the_directory_of_an_installed_cloud_stays(state: Path) -> None:
    with pytest.raises(ConfigurationError, match="is that of an installed cloud"):
        list(down(state, purge=True, installed=Path("/etc/cupola/cupola.toml")))
    assert (state / "agent").exists()


def test_a_directory_in_which_an_agent_works_stays(state: Path) -> None:
    with only_one(state / "agent/lock", "it"), pytest.raises(ConfigurationError, match="runs already, as process"):
        list(down(state, purge=True))
    assert (state / "agent").exists()
