"""Servers as QEMU processes, one each, driven over QEMU's own monitor protocol: no daemon between.

Debian packages: qemu-system-x86, qemu-utils (qemu-img), genisoimage (config drives), and util-linux (nsenter,
setpriv, setsid), which is always there.
"""

from cupola.compute.host.drivers.accelerator import groups_for
from cupola.compute.host.drivers.confinement import Confinement, has_guest_users
from cupola.compute.host.drivers.images import ImageSource
from cupola.compute.host.drivers.qemu.driver import QemuHypervisor
from cupola.compute.host.drivers.qemu.settings import QemuSettings

__all__ = ["Confinement", "ImageSource", "QemuHypervisor", "QemuSettings", "groups_for", "has_guest_users"]
