"""clouds.yaml: our entries come and go; everybody else's stay."""

from __future__ import annotations

from pathlib import Path

import yaml

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
