"""All settings of one cloud, from its file, the environment and the command line."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cupola.base import settings as reading
from cupola.base.errors import ConfigurationError
from cupola.identity.settings import IdentitySettings
from cupola.image.settings import ImageSettings
from cupola.network.settings import NetworkSettings

T = TypeVar("T")


@dataclass(frozen=True)
class MainSettings:
    """Section [DEFAULT].

    `transport_url` is the broker ("memory://" is the queue in this process); `hypervisor` is auto, kvm, qemu or
    simulated; `host` is this machine's name among the cloud's hosts; `host_network` lets bridges and taps live in the
    machine's own network namespace.
    """

    transport_url: str = "memory://"
    bind: str = "127.0.0.1"
    port: int = 8780
    public_url: str | None = None
    host: str = socket.gethostname().partition(".")[0]
    hypervisor: str = "auto"
    host_network: bool = False
    policy_file: Path | None = None
    log_level: str = "INFO"

    @property
    def url(self) -> str:
        """Where clients reach all services."""
        if self.public_url:
            return self.public_url.rstrip("/")
        address = "127.0.0.1" if self.bind in ("0.0.0.0", "") else self.bind
        return f"http://{address}:{self.port}"

    @property
    def auth_url(self) -> str:
        return f"{self.url}/identity"

    @property
    def simulated(self) -> bool:
        return self.hypervisor == "simulated"


@dataclass(frozen=True)
class DatabaseSettings:
    """Section [database]. `connection` is an SQLAlchemy URL; without one, a SQLite file in the state directory."""

    connection: str | None = None


@dataclass(frozen=True)
class Settings:
    """Everything a cloud on this machine is started with."""

    state_dir: Path
    main: MainSettings
    database: DatabaseSettings
    identity: IdentitySettings
    image: ImageSettings
    network: NetworkSettings

    @property
    def database_url(self) -> str:
        return self.database.connection or f"sqlite:///{self.state_dir / 'cupola.db'}"


_SECTIONS = ("DEFAULT", "database", "identity", "image", "network")


def load_settings(file: Path | None, state_dir: Path, overrides: Mapping[str, Any]) -> Settings:
    """Read the settings; `overrides` are of [DEFAULT] and come from the command line.

    Raises ConfigurationError naming what is wrong and where.
    """
    document = reading.load_file(file)
    if unknown := sorted(set(document) - set(_SECTIONS)):
        raise ConfigurationError(f"{file} has a section [{unknown[0]}]; known are: {', '.join(_SECTIONS)}")
    document = {**document, "DEFAULT": {**document.get("DEFAULT", {}), **overrides}}
    main = reading.read(MainSettings, "DEFAULT", document)
    if main.hypervisor not in ("auto", "kvm", "qemu", "simulated"):
        raise ConfigurationError(f"[DEFAULT] hypervisor must be auto, kvm, qemu or simulated, not {main.hypervisor!r}")
    if main.transport_url.partition(":")[0] != "memory":
        raise ConfigurationError(
            "[DEFAULT] transport_url: this version carries messages in its own process (memory://)"
        )
    identity = _in(state_dir, reading.read(IdentitySettings, "identity", document), "key_directory", "keys")
    image = _in(state_dir, reading.read(ImageSettings, "image", document), "directory", "images", "image" in document)
    return Settings(
        state_dir,
        main,
        reading.read(DatabaseSettings, "database", document),
        identity,
        image,
        reading.read(NetworkSettings, "network", document),
    )


def _in(state_dir: Path, settings: T, name: str, directory: str, given: bool = False) -> T:
    """Put a directory that was not chosen into the state directory."""
    if given or (name == "key_directory" and getattr(settings, name) is not None):
        return settings
    return dataclasses.replace(settings, **{name: state_dir / directory})  # type: ignore[type-var]
