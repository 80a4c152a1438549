"""A server's root disk: a qcow2 overlay over the cached image, as large as the flavor says."""

import os
import struct

from cupola.compute.host.drivers.command import run
from cupola.compute.host.drivers.durable import write_durably
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.images import Images
from cupola.compute.model.machine import ImageRef, MachineSpec

GIB = 1 << 30


def ensure_root_disk(spec: MachineSpec, guest: Guest, images: Images, owner: tuple[int, int], effects: Effects) -> None:
    """Make the disk the first time; it appears whole or not at all.

    Raises HypervisorError, also for a disk that was there and is lost: an empty one in its place would hide that.
    """
    if spec.image is None:
        return
    if lost := guest.lost():
        raise HypervisorError("root disk", f"{' and '.join(lost)} was there and is gone")
    if not guest.disk.exists():
        _make(spec, spec.image, guest, images, owner, effects)
    if not guest.disk_mark.exists():
        write_durably(guest.disk_mark, str(images.path(spec.image)).encode())


def _make(
    spec: MachineSpec, ref: ImageRef, guest: Guest, images: Images, owner: tuple[int, int], effects: Effects
) -> None:
    image = images.get(ref, effects)
    virtual, wanted = images.virtual_size(ref, effects), spec.disk_gb * GIB
    if wanted and virtual > wanted:
        raise HypervisorError("root disk", f"the image needs {virtual} bytes, the flavor gives {wanted}")
    fresh = guest.disk.with_name("disk.new")
    fresh.unlink(missing_ok=True)
    overlay = ["-f", "qcow2", "-F", ref.disk_format, "-b", str(image), "-u", str(fresh), str(wanted or virtual)]
    run(effects, "root disk", ["qemu-img", "create", "-q", *overlay])
    fresh.chmod(0o600)
    os.chown(fresh, *owner)
    fresh.rename(guest.disk)


def grow_root_disk(spec: MachineSpec, guest: Guest, as_user: list[str], effects: Effects) -> None:
    """Enlarge the disk of a server that is not running, when its flavor has become larger. Raises HypervisorError."""
    wanted = spec.disk_gb * GIB
    if spec.image is not None and _size(guest) < wanted:
        argv = [*as_user, "qemu-img", "resize", "-q", "-f", "qcow2", str(guest.disk), str(wanted)]
        run(effects, "root disk grown", argv)


def _size(guest: Guest) -> int:
    """Return the virtual size of the overlay, which its header holds at byte 24."""
    with guest.disk.open("rb") as file:
        return int(struct.unpack(">24xQ", file.read(32))[0])
