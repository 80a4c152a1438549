"""Token keys are rotated when they are old, and tokens of the former key stay valid."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cupola.base.auth.fernet_keys import FixedKeys, KeyDirectory
from cupola.identity.upkeep.rotate_keys import rotate_keys

WEEK = timedelta(days=7)


def at(keys: KeyDirectory, later: timedelta) -> Any:
    moment = keys.rotated_at() + later
    return SimpleNamespace(now=lambda: moment)


def test_young_keys_stay_and_old_ones_are_rotated(tmp_path: Path) -> None:
    keys = KeyDirectory(tmp_path / "keys")
    keys.create()
    (loop,) = rotate_keys(keys, WEEK)
    sealed = keys.current().encrypt(b"token")
    assert loop.one_pass(at(keys, timedelta(days=3))) == "keys are 3 days old"
    assert loop.one_pass(at(keys, WEEK)) == "keys rotated"
    assert sorted(path.name for path in (tmp_path / "keys").iterdir() if path.name.isdecimal()) == ["0", "1", "2"]
    assert keys.current().decrypt(sealed) == b"token"


def test_keys_that_are_given_or_never_rotate_have_no_loop(tmp_path: Path) -> None:
    keys = KeyDirectory(tmp_path / "keys")
    keys.create()
    assert rotate_keys(keys, timedelta(0)) == ()
    assert rotate_keys(FixedKeys([b"0" * 43 + b"="]), WEEK) == ()


def test_of_several_processes_that_find_keys_old_one_rotates_them(tmp_path: Path) -> None:
    first, second = KeyDirectory(tmp_path / "keys"), KeyDirectory(tmp_path / "keys")
    first.create()
    old = first.rotated_at() + timedelta(microseconds=1)
    os.utime(tmp_path / "keys", (0, 0))
    assert first.rotate(made_before=old - WEEK)
    assert not second.rotate(made_before=old - WEEK)
