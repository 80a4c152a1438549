"""A host for each driver, with the levers the contract pulls: make taps and volumes, crash a guest, damage an image."""

import hashlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol
from uuid import uuid4

from cupola.compute.host.drivers.base import Hypervisor
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.libvirt.driver import LibvirtHypervisor
from cupola.compute.host.drivers.libvirt.settings import LibvirtSettings
from cupola.compute.host.drivers.qemu import Confinement, QemuHypervisor, QemuSettings
from cupola.compute.host.drivers.simulated import SimulatedHypervisor
from cupola.compute.host.reconcile import Verb
from cupola.compute.model.machine import DiskSpec, ImageRef, MachineSpec, NicSpec
from cupola.testing.servers.libvirtd import Libvirtd

from .boot_sector import disk_image

IMAGE = disk_image()
CHECKSUM = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"
UNPRIVILEGED = 64055  # a user id with no passwd entry


def a_spec(**fields: Any) -> MachineSpec:
    """Return the spec of a small server; each call names another one."""
    image = ImageRef(str(uuid4()), "raw", len(IMAGE), CHECKSUM)
    defaults: dict[str, Any] = {
        "server_id": str(uuid4()),
        "name": "web",
        "hostname": "web",
        "generation": 1,
        "vcpus": 1,
        "memory_mb": 32,
        "disk_gb": 0,
        "image": image,
        "created_request_id": "req-1",
    }
    return MachineSpec(**{**defaults, **fields})


class World(Protocol):
    """One host."""

    hypervisor: Hypervisor

    def restart(self) -> Hypervisor:
        """Throw the driver's object away and make it anew, as a restart of our process does."""

    def crash(self, server_id: str) -> None: ...

    def damage_next_disk(self) -> None: ...

    def nic(self) -> NicSpec: ...

    def volume(self) -> DiskSpec: ...

    def leftovers(self, server_id: str) -> list[str]:
        """Return what the host still holds of a server, its generation aside."""

    def close(self) -> None: ...


class SimulatedWorld:
    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp())
        self._path = self._directory / "machines.json"
        self.hypervisor = SimulatedHypervisor(self._path)

    def restart(self) -> Hypervisor:
        self.hypervisor = SimulatedHypervisor(self._path)
        return self.hypervisor

    def crash(self, server_id: str) -> None:
        self.hypervisor.crash(server_id)

    def damage_next_disk(self) -> None:
        self.hypervisor.fail(Verb.START, HypervisorError("root disk", "damaged"))

    def nic(self) -> NicSpec:
        return NicSpec(str(uuid4()), "fa:16:3e:00:00:01", "tap0", 1450)

    def volume(self) -> DiskSpec:
        return DiskSpec(str(uuid4()), "/volumes/1")

    def leftovers(self, server_id: str) -> list[str]:
        return [server_id] if server_id in self.hypervisor.observe() else []

    def close(self) -> None:
        shutil.rmtree(self._directory)


class RealWorld:
    """What worlds with real guests have in common; `netns` is where their taps are."""

    hypervisor: Hypervisor

    def __init__(self, netns: str) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="cupola-"))
        self.state.chmod(0o711)
        self.netns = netns
        self._images: dict[str, bytes] = {}
        self._damaged = False
        self.ended: SimpleQueue[str] = SimpleQueue()

    def restart(self, **fields: Any) -> Hypervisor:
        raise NotImplementedError

    def open(self, image_id: str) -> Iterator[bytes]:
        """Serve an image: this world is its hypervisor's image source."""
        data = self._images.get(image_id, IMAGE)
        yield data[:512]
        yield data[512:] if not self._damaged else b"\1" * len(data[512:])

    def a_spec_with_image(
        self, data: bytes, disk_format: Literal["raw", "qcow2"] = "raw", **fields: Any
    ) -> MachineSpec:
        """Return the spec of a server that boots `data`."""
        image = ImageRef(str(uuid4()), disk_format, len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
        self._images[image.image_id] = data
        return a_spec(image=image, **fields)

    def crash(self, server_id: str) -> None:
        pid = self.hypervisor.observe()[server_id].pid
        assert pid is not None
        handle = os.pidfd_open(pid)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], 5)
        os.close(handle)

    def damage_next_disk(self) -> None:
        self._damaged = True

    def nic(self) -> NicSpec:
        number = next(_TAPS)
        self._ip("-n", self.netns, "tuntap", "add", "dev", f"tap{number}", "mode", "tap")
        mac = ":".join(f"{byte:02x}" for byte in number.to_bytes(3))
        return NicSpec(str(uuid4()), f"fa:16:3e:{mac}", f"tap{number}", 1450)

    def volume(self) -> DiskSpec:
        path = self.state / f"volume-{uuid4()}"
        path.write_bytes(bytes(1 << 20))
        path.chmod(0o666)  # whoever the guest runs as
        return DiskSpec(str(uuid4()), str(path))

    def leftovers(self, server_id: str) -> list[str]:
        processes = [
            entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and _names(entry, server_id)
        ]
        return processes + [str(path) for path in self.state.rglob(f"*{server_id}*")]

    def close(self) -> None:
        for server_id in self.hypervisor.observe():
            self.hypervisor.ensure_gone(server_id)
        self.hypervisor.close()
        shutil.rmtree(self.state)

    @staticmethod
    def _ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)


class QemuWorld(RealWorld):
    """Real QEMU as an unprivileged user in a network namespace of its own."""

    hypervisor: QemuHypervisor

    def __init__(self) -> None:
        super().__init__(f"cupola-{uuid4().hex[:8]}")
        self._ip("netns", "add", self.netns)
        self.hypervisor = self._new()

    def _new(self, **fields: Any) -> QemuHypervisor:
        confinement = Confinement(uid=UNPRIVILEGED, netns=self.netns)
        defaults = QemuSettings(self.state, confinement, accelerator="qemu", key_interval=0.5, shutdown_limit=10)
        return QemuHypervisor(replace(defaults, **fields), images=self, ended=self.ended.put)

    def restart(self, **fields: Any) -> QemuHypervisor:
        self.hypervisor.close()
        self.hypervisor = self._new(**fields)
        return self.hypervisor

    def close(self) -> None:
        super().close()
        self._ip("netns", "delete", self.netns)


class LibvirtWorld(RealWorld):
    """A private libvirtd, which several worlds may share: each has a state directory of its own."""

    hypervisor: LibvirtHypervisor

    def __init__(self, server: Libvirtd) -> None:
        super().__init__(server.namespace)
        self.server = server
        self.hypervisor = self._new()

    def _new(self, **fields: Any) -> LibvirtHypervisor:
        defaults = LibvirtSettings(self.state, self.server.uri, accelerator="qemu", key_interval=0.5, shutdown_limit=10)
        return LibvirtHypervisor(replace(defaults, **fields), images=self, ended=self.ended.put)

    def restart(self, **fields: Any) -> LibvirtHypervisor:
        self.hypervisor.close()
        self.hypervisor = self._new(**fields)
        return self.hypervisor

    def leftovers(self, server_id: str) -> list[str]:
        listed = self.server.virsh("list", "--all", "--uuid").split()
        files = [str(path) for path in self.server.directory.rglob(f"*{server_id}*") if path.suffix != ".log"]
        return [*super().leftovers(server_id), *(f"domain {each}" for each in listed if each == server_id), *files]


_TAPS = iter(range(1, 1 << 24))


def _names(process: Path, server_id: str) -> bool:
    try:
        return server_id.encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False
