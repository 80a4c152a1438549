"""The states of a server: what the API calls each of them, and which actions each of them allows.

Three facts make up a state. `vm_state` is where the server rests, `task_state` what is being done to it (None:
nothing), `power_state` what its host saw last. The API's `status` is derived from the first two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

BUILDING, ACTIVE, STOPPED, ERROR, DELETED = "building", "active", "stopped", "error", "deleted"
PAUSED, SUSPENDED = "paused", "suspended"

SCHEDULING, SPAWNING, DELETING = "scheduling", "spawning", "deleting"
POWERING_ON, POWERING_OFF = "powering-on", "powering-off"
REBOOTING, REBOOTING_HARD = "rebooting", "rebooting_hard"

STATUS: dict[str, dict[str | None, str]] = {
    BUILDING: {None: "BUILD"},
    ACTIVE: {None: "ACTIVE", REBOOTING: "REBOOT", REBOOTING_HARD: "HARD_REBOOT"},
    STOPPED: {None: "SHUTOFF"},
    ERROR: {None: "ERROR"},
    DELETED: {None: "DELETED"},
}
"""vm_state → task_state → status; the entry for None holds for every task that is not named."""

UNUSED_STATUSES = frozenset(
    (
        "MIGRATING PASSWORD PAUSED REBUILD RESCUE RESIZE REVERT_RESIZE SHELVED SHELVED_OFFLOADED SOFT_DELETED "
        "SUSPENDED VERIFY_RESIZE"
    ).split()
)
"""Statuses of the API that no server here can be in: valid in a filter, and they find nothing."""


class Power(IntEnum):
    """`OS-EXT-STS:power_state`."""

    UNKNOWN = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6


POWER_OF = {"running": Power.RUNNING, "paused": Power.PAUSED, "shutdown": Power.SHUTDOWN, "crashed": Power.CRASHED}
"""What a host calls it → what the API calls it."""


@dataclass(frozen=True)
class Allowed:
    """When an action is possible; None stands for every state. `launched`: only if it has been up once."""

    vm: tuple[str, ...] | None
    task: tuple[str | None, ...] | None = (None,)
    launched: bool = True


ACTIONS = {
    "start": Allowed((STOPPED,)),
    "stop": Allowed((ACTIVE, ERROR)),
    "soft reboot": Allowed((ACTIVE,)),
    "hard reboot": Allowed((ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR), (None, REBOOTING, REBOOTING_HARD)),
    "attach_interface": Allowed((ACTIVE, PAUSED, STOPPED)),
    "detach_interface": Allowed((ACTIVE, PAUSED, STOPPED)),
    "update metadata": Allowed((ACTIVE, PAUSED, SUSPENDED, STOPPED), None),
    "delete metadata": Allowed((ACTIVE, PAUSED, SUSPENDED, STOPPED), None),
    "update tags": Allowed((ACTIVE, PAUSED, SUSPENDED, STOPPED), None, launched=False),
    "confirmResize": Allowed(("resized",)),
    "revertResize": Allowed(("resized",)),
}


def status(vm_state: str, task_state: str | None) -> str:
    """What the API calls a server in these states."""
    names = STATUS[vm_state]
    return names.get(task_state, names[None])


@dataclass(frozen=True)
class StateFilter:
    """The servers that have a status: those in `vm_state`, with one of `tasks`, or (None) with none that has a name."""

    vm_state: str
    task_state: str | None
    named: tuple[str, ...]


def having(statuses: Iterable[str]) -> list[StateFilter] | None:
    """The states that go by any of `statuses` (any case); None when a name among them is no status at all."""
    wanted = {name.upper() for name in statuses}
    known = {name for names in STATUS.values() for name in names.values()} | UNUSED_STATUSES
    if not wanted & known:
        return None
    return [
        StateFilter(vm_state, task, tuple(name for name in names if name is not None))
        for vm_state, names in STATUS.items()
        for task, name in names.items()
        if name in wanted
    ]
