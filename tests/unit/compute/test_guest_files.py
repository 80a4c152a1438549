"""A guest's directory: what it remembers of what was reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cupola.compute.host import boot
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.model.machine import MachineSpec


def test_what_was_reached_before_the_machine_was_booted_is_to_be_reached_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(tmp_path, "s")
    guest.record(MachineSpec("s", "web", "web", 3, 1, 128, 0, None))
    guest.mark_reached(3)
    assert Guest(tmp_path, "s").reached() == 3
    (tmp_path / "boot_id").write_text("another\n")
    monkeypatch.setattr(boot, "BOOT_ID", tmp_path / "boot_id")
    boot.boot_id.cache_clear()
    assert (guest.reached(), guest.was_there()) == (0, True)
    guest.mark_reached(3)
    assert guest.reached() == 3
    boot.boot_id.cache_clear()


def test_a_console_that_is_too_long_is_cut_to_its_end(tmp_path: Path) -> None:
    guest = Guest(tmp_path, "s")
    guest.run.mkdir(parents=True)
    guest.console.write_bytes(b"x" * 5000 + b"end")
    guest.trim_console(limit=4000, keep=100)
    assert guest.console.read_bytes() == b"x" * 97 + b"end"
    guest.trim_console(limit=4000, keep=10)
    assert guest.console.stat().st_size == 100


def test_nothing_but_a_file_is_cut_and_nothing_waits_for_what_a_guest_put_there(tmp_path: Path) -> None:
    guest = Guest(tmp_path, "s")
    guest.run.mkdir(parents=True)
    guest.trim_console(limit=1, keep=1)
    (tmp_path / "others").write_bytes(b"x" * 5000)
    guest.console.symlink_to(tmp_path / "others")
    guest.trim_console(limit=1, keep=1)
    assert (tmp_path / "others").stat().st_size == 5000
    guest.console.unlink()
    os.mkfifo(guest.console)
    guest.trim_console(limit=-1, keep=1)
