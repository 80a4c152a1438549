"""clouds.yaml: our entries come and go; everybody else's stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cupola.base.errors import ConfigurationError
from cupola.cli.clouds import entries, merge, read, take_out

OURS = entries("http://127.0.0.1:8780/identity", "demo-secret", "admin-secret")


def test_both_users_find_the_cloud_by_name(tmp_path: Path) -> None:
    file = tmp_path / "openstack" / "clouds.yaml"
    merge(file, OURS)
    clouds = yaml.safe_load(file.read_text())["clouds"]
    assert {name: entry["auth"]["username"] for name, entry in clouds.items()} == {
        "cupola": "demo",
        "cupola-admin": "admin",
    }
    assert file.stat().st_mode & 0o077 == 0


def test_other_entries_and_settings_stay(tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text("clouds:\n  theirs: {auth: {}}\ncache: {expiration_time: 5}\n")
    merge(file, OURS)
    assert set(read(file)["clouds"]) == {"theirs", "cupola", "cupola-admin"}
    take_out(file, OURS)
    assert read(file) == {"clouds": {"theirs": {"auth": {}}}, "cache": {"expiration_time": 5}}


def test_a_file_that_held_nothing_else_goes_with_its_directory(tmp_path: Path) -> None:
    file = tmp_path / "openstack" / "clouds.yaml"
    merge(file, OURS)
    take_out(file, OURS)
    take_out(file, OURS)
    assert list(tmp_path.iterdir()) == []


def test_the_entries_of_another_cloud_by_the_same_name_are_not_taken_out(tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    merge(file, OURS)
    take_out(file, entries("http://127.0.0.1:8780/identity", "other", "other"))
    assert set(read(file)["clouds"]) == set(OURS)


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    file, real = tmp_path / "clouds.yaml", tmp_path / "dotfiles.yaml"
    real.write_text("clouds: {theirs: {auth: {}}}\n")
    file.symlink_to(real)
    merge(file, OURS)
    assert set(read(real)["clouds"]) == {"theirs", *OURS}
    take_out(file, OURS)
    assert (file.is_symlink(), set(read(real)["clouds"])) == (True, {"theirs"})


@pytest.mark.parametrize("text", ["clouds: [1", "clouds: [1]", "nothing"])
def test_a_file_that_is_none_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=str(file)):
        merge(file, OURS)
    assert file.read_text() == text
