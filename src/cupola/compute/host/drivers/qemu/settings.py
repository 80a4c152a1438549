"""How guests run on this host."""

from dataclasses import dataclass, field
from pathlib import Path

from cupola.base.scope import has_scopes
from cupola.compute.host.drivers.accelerator import Setting
from cupola.compute.host.drivers.confinement import Confinement

CGROUP = Path("/sys/fs/cgroup/cupola")
"""Below which each guest has its control group."""


@dataclass(frozen=True)
class QemuSettings:
    """Times are seconds; `state` must be passable for the user of `confinement`.

    `cgroup` is made if possible, unless guests have systemd `scopes`.
    """

    state: Path
    confinement: Confinement = field(default_factory=Confinement)
    accelerator: Setting = "auto"
    binary: str = "qemu-system-x86_64"
    cgroup: Path = CGROUP
    scopes: bool = field(default_factory=has_scopes)
    shutdown_limit: float = 60.0
    key_interval: float = 3.0
    unplug_limit: float = 10.0
