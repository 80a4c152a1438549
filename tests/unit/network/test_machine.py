"""What a machine may lack."""

from pathlib import Path

import pytest

from cupola.network.host.drivers.linux.machine import ensure_bridge_filter
from cupola.network.host.errors import HostError


def modprobe(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose modprobe does this."""
    command = directory / "modprobe"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_br_netfilter_is_loaded_and_changes_nothing_for_other_bridges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switches = tmp_path / "bridge"
    switch = switches / "bridge-nf-call-iptables"
    modprobe(tmp_path, f'[ "$1" = br_netfilter ] && mkdir {switches} && echo 1 > {switch}', monkeypatch)
    assert [each.call for each in ensure_bridge_filter(switches)] == ["modprobe br_netfilter"]
    assert switch.read_text() == "0"
    assert ensure_bridge_filter(switches) == []


def test_without_br_netfilter_there_is_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modprobe(tmp_path, "echo no such module >&2; exit 1", monkeypatch)
    with pytest.raises(HostError, match=r"br_netfilter.*no such module"):
        ensure_bridge_filter(tmp_path / "bridge")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(HostError, match="br_netfilter"):
        ensure_bridge_filter(tmp_path / "bridge")
