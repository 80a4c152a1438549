"""What a guest may take of its host: memory, processor time and threads.

Its systemd scope has these limits where there is one, else a cgroup (version 2) of ours, where that can be made.
"""

from pathlib import Path

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.model.machine import MachineSpec

CONTROLLERS = ("cpu", "memory", "pids")
OVERHEAD_MB = 256  # QEMU itself, its translation cache and device buffers
THREADS = 256  # processors, monitor, and the pool for disk input and output


class Limits:
    """Guests' cgroups below `parent`, which is made when it can be; else no limits, and `why_not` says so.

    With `scopes` none of this: whoever starts a guest hands `properties` to its scope.
    """

    def __init__(self, parent: Path, scopes: bool = False) -> None:
        self._parent, self._scopes = parent, scopes
        self.why_not = "systemd has them" if scopes else _prepare(parent)

    def __str__(self) -> str:
        if self._scopes:
            return f"systemd scope: {', '.join(CONTROLLERS)}"
        return f"none: {self.why_not}" if self.why_not else f"cgroup {self._parent}: {', '.join(CONTROLLERS)}"

    @staticmethod
    def properties(spec: MachineSpec) -> dict[str, str]:
        """The limits of a server, as those of a systemd unit."""
        return {
            "MemoryMax": f"{spec.memory_mb + OVERHEAD_MB}M",
            "CPUQuota": f"{(spec.vcpus + 1) * 100}%",
            "TasksMax": f"{THREADS + spec.vcpus}",
        }

    def apply(self, spec: MachineSpec, pid: int) -> None:
        """Confine the process of a server before its guest executes. Raises HypervisorError."""
        if self.why_not:
            return
        group = self._parent / spec.server_id
        try:
            group.mkdir(exist_ok=True)
            (group / "memory.max").write_text(f"{(spec.memory_mb + OVERHEAD_MB) << 20}")
            (group / "cpu.max").write_text(f"{(spec.vcpus + 1) * 100000} 100000")
            (group / "pids.max").write_text(f"{THREADS + spec.vcpus}")
            (group / "cgroup.procs").write_text(f"{pid}")
        except OSError as error:
            raise HypervisorError("limits", f"{group}: {error.strerror}") from error

    def remove(self, server_id: str) -> None:
        """Remove the cgroup of a server whose process has ended."""
        group = self._parent / server_id
        if not self.why_not and group.exists():
            group.rmdir()


def _prepare(parent: Path) -> str | None:
    """Make `parent` with its controllers; return why that is not possible, or None."""
    try:
        offered = (parent.parent / "cgroup.controllers").read_text().split()
        if missing := [name for name in CONTROLLERS if name not in offered]:
            return f"{parent.parent} does not offer {', '.join(missing)}"
        wish = " ".join(f"+{name}" for name in CONTROLLERS)
        (parent.parent / "cgroup.subtree_control").write_text(wish)
        parent.mkdir(exist_ok=True)
        (parent / "cgroup.subtree_control").write_text(wish)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return None
