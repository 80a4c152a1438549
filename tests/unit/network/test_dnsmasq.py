"""Starting dnsmasq."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.network.host.drivers.linux import dnsmasq
from cupola.network.host.settings import MACHINE


@pytest.mark.parametrize(
    ("script", "says"), [("echo no such range >&2; exit 1", "no such range"), ("exec sleep 30", "not ready within 0.2")]
)
def test_one_that_does_not_become_ready_is_an_error_in_time(
    script: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dnsmasq").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "dnsmasq").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(dnsmasq, "_START_WITHIN", 0.2)
    monkeypatch.setattr(dnsmasq, "has_scopes", lambda: False)
    with pytest.raises(OSError, match=says):
        dnsmasq.start(MACHINE, f"--conf-file={tmp_path}/conf")
