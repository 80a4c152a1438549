"""A guest's directory: what it remembers of what was reached."""

from __future__ import annotations

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
