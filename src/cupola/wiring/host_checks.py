"""What `cupola check` asks of the hosts' own rooms, which only wiring may reach."""

from __future__ import annotations

import os

from cupola.wiring.places import QEMU_UID, host_network
from cupola.wiring.settings import Settings


def network_obstacles(settings: Settings) -> dict[str, str]:
    """What of this machine's own network is in the way of the cloud's, and what helps."""
    from cupola.network.host.drivers.linux.machine import obstacles

    try:
        return obstacles(host_network(settings))
    except OSError as error:
        return {f"the machine's rule set cannot be listed: {error}": "Run `nft list ruleset` and mend what it says"}


def why_no_kvm() -> str | None:
    """Why servers would not run under KVM here; None: they would. Takes some seconds."""
    from cupola.compute.host.drivers.accelerator import KVM, groups_for, probe
    from cupola.compute.host.drivers.confinement import Confinement

    if not KVM.exists():
        return f"there is no {KVM}"
    as_user = Confinement(QEMU_UID, QEMU_UID, groups_for()).as_user() if os.geteuid() == 0 else []
    found = probe("qemu-system-x86_64", as_user)
    return None if found.name == "kvm" else found.why
