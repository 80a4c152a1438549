"""What libvirt says of the machine that it runs on, and what follows for guests."""

import os
import pwd
import re
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

from cupola.compute.host.drivers.accelerator import KVM
from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.errors import HypervisorError


def user_of(capabilities: ElementTree.Element) -> Confinement:
    """The user that libvirt runs QEMU as, with the groups it gives it."""
    label = capabilities.findtext("host/secmodel[model='dac']/baselabel[@type='qemu']") or ""
    found = re.fullmatch(r"\+(\d+):\+(\d+)", label)
    if found is None:
        raise HypervisorError("libvirt", "it says no user that QEMU runs as: is it the system's libvirtd, run by root?")
    uid, gid = int(found[1]), int(found[2])
    groups: list[int] = []
    with suppress(KeyError):  # a user without a name is in no other group
        groups = [group for group in os.getgrouplist(pwd.getpwuid(uid).pw_name, gid) if group != gid]
    return Confinement(uid, gid, tuple(groups))


def may_be_apart(accelerator: str, device: Path = KVM) -> bool:
    """Whether guests may have users of their own: /dev/kvm is mostly open to a group that only libvirt's user is in."""
    return accelerator != "kvm" or device.stat().st_mode & 0o006 == 0o006


def why_it_stalls(capabilities: ElementTree.Element, user: Confinement, device: Path = KVM) -> str | None:
    """libvirt asks QEMU at every turn what it can, for seconds, while QEMU, asked as root, finds KVM and its later user
    may not open it, or the other way round.
    """
    found = capabilities.find("guest/arch[@name='x86_64']/domain[@type='kvm']") is not None
    usable = device.exists() and may_open(device.stat(), user)
    if found == usable:
        return None
    return (
        f"libvirt will take up to a minute to define a server: it {'has' if found else 'has not'} found KVM, and user "
        f"{user.uid}, as whom it runs QEMU, {'may' if usable else 'may not'} open {device}. Let the device belong to "
        "the group kvm with mode 0660, and that user to the group, where KVM works; else let it be nobody's (0600)."
    )


def may_open(facts: os.stat_result, user: Confinement) -> bool:
    """Whether a user may read and write a file."""
    if user.uid == 0:
        return True
    in_group = facts.st_gid in (user.gid, *user.groups)
    shift = 6 if facts.st_uid == user.uid else 3 if in_group else 0
    return facts.st_mode >> shift & 0o6 == 0o6


def dotted(number: int) -> str:
    """A version as libvirt counts it: 1000000 * major + 1000 * minor + release."""
    return f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"
