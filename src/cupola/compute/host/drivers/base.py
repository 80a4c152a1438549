"""What a compute host needs of a hypervisor; `tests/contract/hypervisor` says what each promise means.

Drivers are level-triggered: `ensure` is told what is wanted, looks at what is there, and does only what differs.
A driver object holds nothing that is not on the host too: thrown away at any moment, the next one carries on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cupola.compute.host.drivers.effects import Effect
from cupola.compute.model.machine import Machine, MachineSpec


@dataclass(frozen=True)
class HypervisorFacts:
    """What the host has to offer; `why` tells how the accelerator was chosen, `limits` how guests are confined."""

    type: str
    version: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    accelerator: str
    why: str
    limits: str


class Hypervisor(Protocol):
    """Runs servers. Every method may raise `HypervisorError`; calls for one server are carried out one by one."""

    def describe(self) -> HypervisorFacts:
        """Return what this host has to offer."""
        ...

    def observe(self) -> Mapping[str, Machine]:
        """Return every server found on this host, by server id, whoever started it."""
        ...

    def ensure(self, spec: MachineSpec) -> list[Effect]:
        """Make the server what `spec` says; returns what was done, empty when nothing differed.

        Raises `StaleGeneration` for an order older than one already seen, `ConflictingSpec` for a known generation
        with other contents. A server that could not be brought up the first time leaves nothing behind.
        """
        ...

    def ensure_gone(self, server_id: str, generation: int | None = None) -> list[Effect]:
        """End and delete the server, its disks and its files; returns what was done, empty when there was nothing.

        Orders up to `generation` (None: all orders, for good) are refused from now on.
        """
        ...

    def reboot(self, server_id: str, hard: bool) -> list[Effect]:
        """Restart a server wanted running: asking the guest first, or with `hard` at once."""
        ...

    def console_output(self, server_id: str, lines: int | None = None) -> str:
        """Return the end of what the serial port printed since the last start: `lines` lines, or at most 100 KiB."""
        ...

    def close(self) -> None:
        """Let go of connections and threads; servers keep running."""
        ...
