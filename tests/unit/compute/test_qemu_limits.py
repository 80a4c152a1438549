"""Guests' cgroups: what is written (a directory stands for the kernel's), and the reason when there are none."""

from pathlib import Path

from cupola.compute.host.drivers.qemu.limits import Limits
from cupola.compute.model.machine import MachineSpec

SPEC = MachineSpec("s", "web", "web", 1, 2, 512, 0, None)


def test_a_guest_is_limited_in_memory_processors_and_threads(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    limits = Limits(tmp_path / "cupola")
    limits.apply(SPEC, 77)
    written = {path.name: path.read_text() for path in (tmp_path / "cupola" / "s").iterdir()}
    assert written == {
        "memory.max": str(768 << 20),
        "cpu.max": "300000 100000",
        "pids.max": "258",
        "cgroup.procs": "77",
    }
    assert str(limits) == f"cgroup {tmp_path}/cupola: cpu, memory, pids"


def test_missing_controllers_are_named_and_nothing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    limits = Limits(tmp_path / "cupola")
    limits.apply(SPEC, 77)
    assert str(limits) == f"none: {tmp_path} does not offer memory"
    assert not (tmp_path / "cupola").exists()


def test_a_host_without_cgroup_2_says_so(tmp_path: Path) -> None:
    assert "No such file" in str(Limits(tmp_path / "nowhere" / "cupola"))


def test_where_guests_have_scopes_systemd_has_the_same_limits(tmp_path: Path) -> None:
    limits = Limits(tmp_path / "cupola", scopes=True)
    limits.apply(SPEC, 77)
    limits.remove("s")
    assert limits.properties(SPEC) == {"MemoryMax": "768M", "CPUQuota": "300%", "TasksMax": "258"}
    assert str(limits) == "systemd scope: cpu, memory, pids"
    assert not (tmp_path / "cupola").exists()
