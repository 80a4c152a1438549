"""The config drive: the metadata of a server as a small CD-ROM image labelled "config-2", which guests look for."""

import os
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from cupola.compute.host.drivers.command import run
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.model.machine import MachineSpec


def ensure_config_drive(spec: MachineSpec, guest: Guest, owner: tuple[int, int], effects: Effects) -> None:
    """Make the image when it is wanted and missing. Raises HypervisorError, for a path that leads out as well."""
    if spec.config_drive is None or guest.config_drive.exists():
        return
    with TemporaryDirectory(dir=guest.directory, prefix=".config-") as scratch:
        tree, fresh = Path(scratch, "tree"), Path(scratch, "iso")
        for name, contents in sorted(spec.config_drive.items()):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise HypervisorError("config drive", f"{name!r} is not a path inside the drive")
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
        options = ["-quiet", "-V", "config-2", "-J", "-r", "-o", str(fresh)]
        run(effects, "config drive", ["genisoimage", *options, str(tree)])
        fresh.chmod(0o400)
        os.chown(fresh, *owner)
        fresh.rename(guest.config_drive)
