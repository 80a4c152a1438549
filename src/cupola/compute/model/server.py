"""A server as the database keeps it; its fields are the columns of the table `servers`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cupola.compute.model import states
from cupola.network.interface import ServerAddress

WANTED_RUNNING, WANTED_SHUTDOWN, WANTED_GONE = "running", "shutdown", "gone"


@dataclass(frozen=True)
class Server:
    """One server.

    `wanted` is what its host is to bring about (running, shutdown, gone) and `wanted_generation` rises with everything
    in the document that tells the host so; `generation` guards writes of the row. `requires` are the networks that the
    host must have in their newest form first. `flavor`, `image` and `key` are
    copies made when the server was: what happens to the originals later does not touch it. `nics` are `Nic`s as JSON,
    in the guest's order. `admin_pass` is there until the server has been built, for its config drive.
    """

    id: str
    generation: int
    project_id: str
    user_id: str | None
    name: str
    description: str | None
    hostname: str
    vm_state: str
    task_state: str | None
    power_state: int
    host: str | None
    wanted: str
    wanted_generation: int
    image_id: str
    image: Mapping[str, Any] = field(repr=False)
    flavor_id: str
    flavor: Mapping[str, Any] = field(repr=False)
    nics: Sequence[Mapping[str, Any]] = field(repr=False)
    requires: Sequence[str]
    key_name: str | None
    key: Mapping[str, Any] | None = field(repr=False)
    user_data: str | None = field(repr=False)
    admin_pass: str | None = field(repr=False)
    config_drive: bool
    metadata: Mapping[str, str]
    tags: Sequence[str]
    availability_zone: str | None
    access_ip_v4: str | None
    access_ip_v6: str | None
    disk_config: str
    locked: bool
    locked_by: str | None
    locked_reason: str | None
    reservation_id: str
    launch_index: int
    fault: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    deleted_at: datetime | None

    @property
    def status(self) -> str:
        """What the API calls its state."""
        return states.status(self.vm_state, self.task_state)

    @property
    def interfaces(self) -> list[Nic]:
        """Its ports."""
        return [Nic(**nic) for nic in self.nics]


def host_id(project_id: str, host: str | None) -> str:
    """A name for a host that tells projects apart, so that nobody learns who else is there; empty without one."""
    return "" if host is None else hashlib.sha224((project_id + host).encode()).hexdigest()


@dataclass(frozen=True)
class Nic:
    """A port of a server, as its host and its guest are told of it; `tag` is a word for the guest."""

    port_id: str
    network_id: str
    mac: str
    mtu: int
    tag: str | None = None


@dataclass(frozen=True)
class Details:
    """A server with what other tables and services know of it; security groups are (id, name)."""

    server: Server
    addresses: Sequence[ServerAddress]
    security_groups: Sequence[tuple[str, str]]
    zone: str
    host_status: str


def hostname_of(name: str, server_id: str) -> str:
    """A host name (RFC 1123) made of a server's name; made of its id when the name has nothing fit for one."""
    text = re.sub(r"[ _.]", "-", name.encode("ascii", "ignore").decode()[:63])
    text = re.sub(r"[^A-Za-z0-9-]", "", text).lower().strip("-")
    return text or f"server-{server_id}"
