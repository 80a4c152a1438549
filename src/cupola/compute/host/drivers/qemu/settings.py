"""How guests run on this host."""

from dataclasses import dataclass, field
from pathlib import Path

from cupola.compute.host.drivers.accelerator import Setting
from cupola.compute.host.drivers.confinement import Confinement


@dataclass(frozen=True)
class QemuSettings:
    """Times are seconds; `state` must be passable for the user of `confinement`; `cgroup` is made if possible."""

    state: Path
    confinement: Confinement = field(default_factory=Confinement)
    accelerator: Setting = "auto"
    binary: str = "qemu-system-x86_64"
    cgroup: Path = Path("/sys/fs/cgroup/cupola")
    shutdown_limit: float = 60.0
    key_interval: float = 3.0
    unplug_limit: float = 10.0
