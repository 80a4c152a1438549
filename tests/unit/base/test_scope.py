"""Scopes: only where systemd runs the machine and we may make some; what is started in one is told to systemd."""

from __future__ import annotations

import os
from pathlib import Path

from cupola.base.scope import has_scopes, scoped


def test_there_are_scopes_where_systemd_runs_the_machine_and_we_are_root(tmp_path: Path) -> None:
    assert has_scopes(tmp_path) == (os.geteuid() == 0)
    assert not has_scopes(tmp_path / "none")


def test_what_is_in_a_scope_ends_after_the_agent_and_has_its_limits() -> None:
    words = scoped("guest-1", "Server 1", ["qemu", "-x"], {"MemoryMax": "768M"})
    assert words[:2] == ["systemd-run", "--scope"]
    assert words[words.index("--") + 1 :] == ["qemu", "-x"]
    assert {"--slice=cupola-guests.slice", "--property=Before=cupola-agent.service", "--property=MemoryMax=768M"} <= {
        *words
    }


def test_a_scope_that_is_not_gone_yet_is_not_in_the_way_of_the_next() -> None:
    names = {word for _ in range(9) for word in scoped("guest-1", "", []) if word.startswith("--unit=")}
    assert len(names) == 9
    assert all(name.startswith("--unit=cupola-guest-1-") for name in names)
