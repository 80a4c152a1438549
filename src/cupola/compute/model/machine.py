"""What a compute host is told to run (`MachineSpec`) and what it was seen to run (`Machine`).

Both are plain frozen values that pass through JSON unchanged: they travel in messages and lie in files on the host.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Power = Literal["running", "shutdown", "paused", "crashed"]
WantedPower = Literal["running", "shutdown"]


@dataclass(frozen=True)
class ImageRef:
    """The image a root disk starts from; `checksum` is "algorithm:hexdigest", for example "sha512:9b71…"."""

    image_id: str
    disk_format: Literal["raw", "qcow2"]
    size_bytes: int
    checksum: str


@dataclass(frozen=True)
class NicSpec:
    """A network interface: the port it belongs to and the tap device on the host that carries its traffic."""

    port_id: str
    mac: str
    tap: str
    mtu: int


@dataclass(frozen=True)
class DiskSpec:
    """A volume as this host reaches it: a file (or block device) the hypervisor's user may open."""

    volume_id: str
    path: str
    disk_format: Literal["raw", "qcow2"] = "raw"
    read_only: bool = False


@dataclass(frozen=True)
class MachineSpec:
    """All that a host must know to run one server.

    `generation` rises with every change of what is wanted. `disk_gb` is the root disk's size in GiB, 0 meaning the
    image's own; `image` is None for a server that starts from its first volume. `config_drive` maps paths such as
    "openstack/latest/meta_data.json" to contents, or is None when the server has none.
    """

    server_id: str
    name: str
    hostname: str
    generation: int
    vcpus: int
    memory_mb: int
    disk_gb: int
    image: ImageRef | None
    nics: tuple[NicSpec, ...] = ()
    disks: tuple[DiskSpec, ...] = ()
    power: WantedPower = "running"
    config_drive: Mapping[str, bytes] | None = field(default=None, repr=False)
    created_request_id: str = ""
    project_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-able dict; `from_json` gives back an equal value."""
        plain = asdict(replace(self, config_drive=None))
        if self.config_drive is not None:
            plain["config_drive"] = {path: b64encode(data).decode() for path, data in self.config_drive.items()}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> MachineSpec:
        """Build the value `to_json` came from."""
        image, drive = plain["image"], plain["config_drive"]
        nested = {
            "image": None if image is None else ImageRef(**image),
            "nics": tuple(NicSpec(**nic) for nic in plain["nics"]),
            "disks": tuple(DiskSpec(**disk) for disk in plain["disks"]),
            "config_drive": None if drive is None else {path: b64decode(data) for path, data in drive.items()},
        }
        return cls(**{**plain, **nested})


@dataclass(frozen=True)
class Machine:
    """What was observed of one server on its host.

    `generation` is the last one fully brought about (0: none yet). A server whose generation is reached and whose power
    is not the wanted one went there by itself: the guest shut down, or its hypervisor died (`reason` says how).
    `nics` (port ids) and `disks` (volume ids) are those plugged now, so both are empty unless it runs. `lost` names
    what its root disk consisted of and is gone; `cut_off` are the ports whose tap is gone from under it. `undefined`
    says that the hypervisor's own list lacks it, where there is such a list.
    """

    server_id: str
    generation: int
    power: Power
    pid: int | None = None
    nics: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    accelerator: str | None = None
    reason: str | None = None
    lost: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()
    undefined: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-able dict; `from_json` gives back an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Machine:
        """Build the value `to_json` came from."""
        lists = {name: tuple(plain.get(name, ())) for name in ("nics", "disks", "lost", "cut_off")}
        return cls(**{**plain, **lists})
