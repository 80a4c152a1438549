"""This machine as a host of the cloud: its rooms, and taking it away."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cupola.base.errors import ConfigurationError
from cupola.base.hosts.agent import Room
from cupola.base.hosts.control import Control
from cupola.compute.host.drivers.base import Hypervisor
from cupola.compute.host.drivers.simulated import SimulatedHypervisor
from cupola.compute.host.room import ComputeRoom
from cupola.network.host.drivers.base import NetworkDriver
from cupola.network.host.drivers.simulated import SimulatedNetwork
from cupola.network.host.generations import Generations
from cupola.network.host.metadata import MetadataService
from cupola.network.host.reconcile import NetworkHost
from cupola.network.host.room import Changed, NetworkRoom
from cupola.wiring.places import QEMU_UID, host_network
from cupola.wiring.settings import Settings

log = logging.getLogger(__name__)

Look = Callable[[str], None]
"""Has the agent look at a thing ("server/<id>") of which a room has news."""


@dataclass
class HostParts:
    """The rooms of this machine, and what must be closed with them."""

    rooms: list[Room]
    exit: contextlib.ExitStack

    def close(self) -> None:
        self.exit.close()


class _Images:
    """Image bytes for the hypervisor, from the control plane."""

    def __init__(self, control: Control, host: str) -> None:
        self._control = control
        self._host = host

    def open(self, image_id: str) -> Iterator[bytes]:
        return self._control.image(self._host, image_id)


def make_rooms(settings: Settings, control: Control, look: Look) -> HostParts:
    """The rooms of this machine: real ones, or simulated ones that need no privilege.

    Raises ConfigurationError when the real ones cannot work here.
    """
    stack = contextlib.ExitStack()
    changed: Changed = _nobody_asks
    if settings.main.simulated:
        _simulated_servers(settings).parent.mkdir(parents=True, exist_ok=True)
        network: NetworkDriver = SimulatedNetwork(host_network(settings))
        network.ensure_host()
        hypervisor: Hypervisor = SimulatedHypervisor(_simulated_servers(settings))
    else:
        hypervisor = (_libvirt if settings.main.libvirt else _qemu)(settings, control, look)
        network = _linux_network(settings)
        metadata = MetadataService(network, partial(control.metadata, settings.main.host))
        stack.callback(metadata.close)
        changed = metadata.changed
    stack.callback(hypervisor.close)
    memory = Generations(settings.state_dir / "network" / "generations.db")
    host = NetworkHost(network, memory)
    if settings.main.host_network and not settings.main.simulated:
        stack.callback(_watch(host, look))
    return HostParts([NetworkRoom(host, changed), ComputeRoom(hypervisor)], stack)


def _watch(host: NetworkHost, look: Look) -> Callable[[], None]:
    """Have the agent look at once at what another program's change of the machine's rule set undid; returns what
    ends it."""
    from cupola.network.host.drivers.linux.watch import RuleSetWatch
    from cupola.network.host.errors import HostError

    def look_at_what_differs() -> None:
        try:
            differing = host.differences()
        except HostError as error:
            log.warning("the next full pass will see what the rule set lacks: %s", error)
            return
        for subject in differing:
            if subject.startswith("network/"):
                look(subject)

    return RuleSetWatch(look_at_what_differs).close


def _nobody_asks(kind: str, id_: str, there: bool) -> None:
    """There are no guests that could ask for metadata."""


def _linux_network(settings: Settings) -> NetworkDriver:
    from cupola.network.host.drivers.linux.driver import LinuxNetwork
    from cupola.network.host.errors import HostError

    (settings.state_dir / "network").mkdir(parents=True, exist_ok=True)
    driver = LinuxNetwork(host_network(settings))
    try:
        driver.ensure_host()
    except HostError as error:
        raise ConfigurationError(f"The network of this host cannot be made: {error}") from error
    return driver


def _qemu(settings: Settings, control: Control, look: Look) -> Hypervisor:
    from cupola.compute.host.drivers.errors import HypervisorError
    from cupola.compute.host.drivers.qemu import (
        Confinement,
        QemuHypervisor,
        QemuSettings,
        groups_for,
        has_guest_users,
    )

    namespace = host_network(settings).namespace or None
    confinement = Confinement(QEMU_UID, QEMU_UID, groups_for(), namespace, apart=has_guest_users())
    try:
        return QemuHypervisor(
            QemuSettings(_hypervisor_dir(settings), confinement, accelerator=settings.main.hypervisor),  # type: ignore[arg-type]
            _Images(control, settings.main.host),
            ended=lambda server_id: look(f"server/{server_id}"),
        )
    except HypervisorError as error:
        raise ConfigurationError(f"No servers can run on this host: {error}.") from error


def _libvirt(settings: Settings, control: Control, look: Look) -> Hypervisor:
    from cupola.compute.host.drivers.confinement import has_guest_users
    from cupola.compute.host.drivers.errors import HypervisorError
    from cupola.compute.host.drivers.libvirt.driver import LibvirtHypervisor
    from cupola.compute.host.drivers.libvirt.settings import LibvirtSettings

    wanted = settings.libvirt
    driver = LibvirtSettings(_hypervisor_dir(settings), wanted.uri, wanted.accelerator, apart=has_guest_users())  # type: ignore[arg-type]
    try:
        return LibvirtHypervisor(
            driver, _Images(control, settings.main.host), ended=lambda server_id: look(f"server/{server_id}")
        )
    except HypervisorError as error:
        raise ConfigurationError(f"No servers can run on this host: {error}.") from error


def _simulated_servers(settings: Settings) -> Path:
    return settings.state_dir / "simulated" / "servers.db"


def _hypervisor_dir(settings: Settings) -> Path:
    return settings.state_dir / "hypervisor"


def remove_host(settings: Settings) -> int:
    """End all servers of this machine and take its network away; returns how many servers there were."""
    if settings.main.simulated:
        if not (servers := _simulated_servers(settings)).exists():
            return 0
        with contextlib.closing(SimulatedHypervisor(servers)) as hypervisor:
            return len(hypervisor.observe())
    from cupola.network.host.drivers.linux.driver import LinuxNetwork

    ended = _end_guests(settings) if (_hypervisor_dir(settings) / "guests").exists() else 0
    LinuxNetwork(host_network(settings)).remove_host()
    return ended


def _end_guests(settings: Settings) -> int:
    from cupola.compute.host.drivers.qemu.settings import CGROUP

    hypervisor = _libvirt_at_its_end(settings) if settings.main.libvirt else _qemu_at_its_end(settings)
    servers = sorted(hypervisor.observe())
    for server_id in servers:
        hypervisor.ensure_gone(server_id)
    hypervisor.close()
    with contextlib.suppress(OSError):  # not there, or another cloud's guests are in it
        CGROUP.rmdir()
    return len(servers)


def _qemu_at_its_end(settings: Settings) -> Hypervisor:
    from cupola.compute.host.drivers.qemu import QemuHypervisor, QemuSettings

    return QemuHypervisor(QemuSettings(_hypervisor_dir(settings), accelerator="qemu"), _NoImages())


def _libvirt_at_its_end(settings: Settings) -> Hypervisor:
    from cupola.compute.host.drivers.errors import HypervisorError
    from cupola.compute.host.drivers.libvirt.driver import LibvirtHypervisor
    from cupola.compute.host.drivers.libvirt.settings import LibvirtSettings

    try:
        driver = LibvirtSettings(_hypervisor_dir(settings), settings.libvirt.uri, accelerator="qemu")
        return LibvirtHypervisor(driver, _NoImages())
    except HypervisorError as error:
        raise ConfigurationError(f"The servers of this host cannot be ended: {error}.") from error


class _NoImages:
    """Nothing is started any more, so no image is needed."""

    def open(self, image_id: str) -> Iterator[bytes]:
        raise LookupError(image_id)
