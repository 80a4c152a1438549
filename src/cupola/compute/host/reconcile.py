"""What to change so that one server becomes what is wanted: a pure plan, the same for every hypervisor driver."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cupola.compute.host.drivers.errors import ConflictingSpec
from cupola.compute.model.machine import Machine, MachineSpec


class Verb(StrEnum):
    """The things a hypervisor driver can do to a server."""

    KILL = "kill"  # end it at once, without asking the guest
    SHUT_DOWN = "shut down"  # ask the guest, then insist
    DEFINE = "define"  # put it on the hypervisor's own list again
    START = "start"  # make what is missing of its disks, define and create it, not yet executing
    UNPLUG_NIC = "unplug nic"
    DETACH_DISK = "detach disk"
    PLUG_NIC = "plug nic"
    ATTACH_DISK = "attach disk"
    RESUME = "resume"  # let it execute


@dataclass(frozen=True)
class Change:
    """One step; `subject` is the port or volume id for the verbs that have one."""

    verb: Verb
    subject: str = ""


def changes(spec: MachineSpec, machine: Machine | None) -> list[Change]:
    """Return the steps, in order, from `machine` (None: nothing there) to `spec`; empty when nothing differs."""
    define = [Change(Verb.DEFINE)] if machine is not None and machine.undefined else []
    if spec.power == "shutdown":
        return [*define, *_to_shutdown(machine)]
    plan: list[Change] = []
    is_up = machine is not None and machine.power in ("running", "paused")
    if not is_up:
        if machine is not None and machine.pid is not None:
            plan.append(Change(Verb.KILL))
        plan.append(Change(Verb.START))
    else:
        plan += define
    plan += _devices(spec, machine.nics if is_up and machine else (), machine.disks if is_up and machine else ())
    if not is_up or (machine is not None and machine.power == "paused"):
        plan.append(Change(Verb.RESUME))
    return plan


def _to_shutdown(machine: Machine | None) -> list[Change]:
    if machine is None or machine.pid is None:
        return []
    return [Change(Verb.SHUT_DOWN if machine.power == "running" else Verb.KILL)]


def _devices(spec: MachineSpec, nics: tuple[str, ...], disks: tuple[str, ...]) -> list[Change]:
    """Take away before adding, so that a MAC address or a file is never in use twice; volumes before interfaces."""
    wanted_nics = [nic.port_id for nic in spec.nics]
    wanted_disks = [disk.volume_id for disk in spec.disks]
    return [
        *(Change(Verb.UNPLUG_NIC, port) for port in nics if port not in wanted_nics),
        *(Change(Verb.DETACH_DISK, volume) for volume in disks if volume not in wanted_disks),
        *(Change(Verb.ATTACH_DISK, volume) for volume in wanted_disks if volume not in disks),
        *(Change(Verb.PLUG_NIC, port) for port in wanted_nics if port not in nics),
    ]


def refuse_conflict(known: MachineSpec | None, spec: MachineSpec) -> None:
    """Raise `ConflictingSpec` when `known` has the same generation and other contents.

    The config drive may differ (it is made once, and may hold a fresh random seed), and so may what is only shown: the
    request that asks, and the project.
    """
    if known is None or known.generation != spec.generation:
        return
    shown: dict[str, Any] = {"config_drive": None, "created_request_id": "", "project_id": ""}
    if replace(known, **shown) != replace(spec, **shown):
        raise ConflictingSpec("generation", f"{spec.generation} of server {spec.server_id} came with other contents")
