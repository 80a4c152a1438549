"""The systemd units: well formed, hardened where that does no harm, and the agent's without what would do some."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "packaging/systemd"
SERVICES = ("api", "conductor", "agent")
analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")

OWN_MOUNTS = """
    BindPaths BindReadOnlyPaths DynamicUser ExecPaths InaccessiblePaths MountAPIVFS MountFlags MountImages NoExecPaths
    PrivateDevices PrivateMounts PrivateTmp PrivateUsers ProcSubset ProtectControlGroups ProtectHome ProtectHostname
    ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyPaths ReadWritePaths
    RootDirectory RootImage TemporaryFileSystem CacheDirectory LogsDirectory StateDirectory PrivateNetwork PrivateIPC
""".split()
"""Directives that (can) give a service namespaces of its own: what it makes would be hidden from the machine."""


def directives(name: str) -> dict[str, list[str]]:
    """The lines of a unit by name."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@analyze
def test_systemd_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/usr/bin/cupola", "/usr/bin/true")  # installed by the package
        (tmp_path / unit.name).write_text(text)
    for unit in sorted(tmp_path.iterdir()):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), unit.name


@analyze
@pytest.mark.parametrize("service", ["api", "conductor"])
def test_what_needs_no_privilege_has_none(service: str) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", UNITS / f"cupola-{service}.service"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:]


def test_what_the_agent_makes_is_seen_by_the_whole_machine_and_outlives_it() -> None:
    agent = directives("cupola-agent.service")
    assert not set(agent) & {*OWN_MOUNTS, "NoNewPrivileges", "DevicePolicy", "DeviceAllow", "ProtectClock", "Delegate"}
    assert agent["KillMode"] == ["process"]


def test_an_agent_may_wait_for_apis_that_are_silent_before_it_is_ready() -> None:
    apis, each = 4, 30  # seconds, of cupola.base.hosts.remote
    assert int(directives("cupola-agent.service")["TimeoutStartSec"][0]) > 2 * apis * each


@pytest.mark.parametrize("service", SERVICES)
def test_each_tells_systemd_how_it_is_and_is_started_again(service: str) -> None:
    unit = directives(f"cupola-{service}.service")
    assert unit["ExecStart"] == [f"/usr/bin/cupola {service}"]
    assert (unit["Type"], unit["Restart"], unit["StartLimitIntervalSec"]) == (["notify"], ["on-failure"], ["0"])
    assert int(unit["WatchdogSec"][0]) >= 30
    assert (unit["PartOf"], unit["WantedBy"]) == (["cupola.target"], ["cupola.target"])
