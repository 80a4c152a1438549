"""How libvirt is reached, and how guests run on it."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cupola.compute.host.drivers.accelerator import Setting

SYSTEM = "qemu:///system"


@dataclass(frozen=True)
class LibvirtSettings:
    """Times are seconds. With `apart` each guest has a user of its own, where the accelerator allows it."""

    state: Path
    uri: str = SYSTEM
    accelerator: Setting = "auto"
    binary: str = "qemu-system-x86_64"
    apart: bool = True
    shutdown_limit: float = 60.0
    key_interval: float = 3.0
    unplug_limit: float = 10.0


def is_local(uri: str) -> bool:
    """Whether a URI leads to the system's libvirtd on this machine, where disks and taps are."""
    parts = urlsplit(uri)
    return (parts.scheme, parts.netloc, parts.path) == ("qemu", "", "/system")
