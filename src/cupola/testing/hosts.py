"""Hosts of a test cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cupola.base.hosts.agent import Room
from cupola.base.hosts.commands import CommandStore
from cupola.compute.host.drivers.simulated import SimulatedHypervisor
from cupola.compute.host.room import ComputeRoom
from cupola.network.host.drivers.simulated import SimulatedNetwork
from cupola.network.host.generations import Generations
from cupola.network.host.reconcile import NetworkHost
from cupola.network.host.room import NetworkRoom
from cupola.network.host.settings import HostNetwork


@dataclass
class SimulatedHost:
    """A host of the test cloud: its drivers, which take faults, and its agent's memory."""

    name: str
    network: SimulatedNetwork
    memory: Generations
    hypervisor: SimulatedHypervisor = field(default_factory=SimulatedHypervisor)
    commands: CommandStore = field(default_factory=lambda: CommandStore(":memory:"))

    @classmethod
    def make(cls, directory: Path, number: int, name: str) -> SimulatedHost:
        """A host that keeps its files in `directory`; `number` tells hosts apart on the wire."""
        network = SimulatedNetwork(HostNetwork(f"{number:04x}", name, directory / name, vtep=f"192.0.2.{number + 1}"))
        network.ensure_host()
        return cls(name, network, Generations(directory / name / "generations.db"))

    def rooms(self) -> list[Room]:
        """The rooms of a new agent here."""
        network = NetworkRoom(NetworkHost(self.network, self.memory), lambda kind, id_, there: None)
        return [network, ComputeRoom(self.hypervisor)]
