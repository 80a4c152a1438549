"""All settings of one cloud, from its file, the environment and the command line."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cupola.base import settings as reading
from cupola.base.bus.brokers import BrokerSettings, brokers_of, is_broker
from cupola.base.db.engine import Pool
from cupola.base.errors import ConfigurationError
from cupola.base.events.settings import NotificationSettings
from cupola.base.observe.settings import ObserveSettings
from cupola.compute.host.drivers.libvirt.settings import SYSTEM, is_local
from cupola.identity.settings import IdentitySettings
from cupola.image.settings import ImageSettings
from cupola.network.settings import NetworkSettings

PUBLIC_CIDR = "172.24.4.0/24"
TRADITIONAL_PORTS: Mapping[str, int] = {
    "identity": 5000,
    "compute": 8774,
    "placement": 8778,
    "image": 9292,
    "network": 9696,
}
"""Where clients look for a service that has a port of its own."""
ACCELERATORS = ("auto", "kvm", "qemu")
HYPERVISORS = (*ACCELERATORS, "libvirt", "simulated")


@dataclass(frozen=True)
class MainSettings:
    """Section [DEFAULT].

    `bind` is the address to listen on; `public_url` is the URL that clients reach the cloud by, and which the catalog
    leads them to. Without one it is that of `bind`, and 127.0.0.1 when that is all addresses: which of them clients
    elsewhere can reach, the machine does not know, so set both for them. With `traditional_ports` each service has a
    port of its own there (5000, 8774, …), and the catalog leads to that.
    `transport_url` is the broker: "memory://" is the queue in this process, and RabbitMQ is written as OpenStack has it
    (rabbit://user:password@host1:5672,user:password@host2:5672/vhost); `hypervisor` is auto, kvm, qemu, libvirt or
    simulated; `host` is this machine's name among the cloud's hosts; `host_network` lets bridges and taps live in the
    machine's own network namespace.
    """

    transport_url: str = "memory://"
    traditional_ports: bool = False
    bind: str = "127.0.0.1"
    port: int = 8780
    public_url: str | None = None
    host: str = socket.gethostname().partition(".")[0]
    hypervisor: str = "auto"
    host_network: bool = False
    policy_file: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    @property
    def url(self) -> str:
        """Where clients reach all services."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"http://{_host(self.bind)}:{self.port}"

    @property
    def auth_url(self) -> str:
        return self.url_of("identity")

    def url_of(self, service: str) -> str:
        """Where clients reach one service: under its root on the common port, or at the top of its own."""
        if not self.traditional_ports or service not in TRADITIONAL_PORTS:
            return f"{self.url}/{service}"
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{TRADITIONAL_PORTS[service]}"

    @property
    def simulated(self) -> bool:
        return self.hypervisor == "simulated"

    @property
    def libvirt(self) -> bool:
        return self.hypervisor == "libvirt"


def _host(bind: str) -> str:
    """How a URL names what listens on an address."""
    try:
        address = ip_address(bind or "0.0.0.0")
    except ValueError:  # a name
        return bind
    if address.is_unspecified:
        return "127.0.0.1"  # who listens on `::` hears it too
    return f"[{address}]" if address.version == 6 else str(address)


@dataclass(frozen=True)
class DatabaseSettings:
    """Section [database]. `connection` is an SQLAlchemy URL; without one, a SQLite file in the state directory.

    Each process keeps `max_pool_size` connections and opens up to `max_overflow` more while it needs them.
    What is over (requests, operations, deleted servers) is forgotten after `keep_days`; 0 keeps it for ever.
    """

    connection: str | None = None
    max_pool_size: int | None = None
    max_overflow: int | None = None
    keep_days: int = 90

    @property
    def keep(self) -> timedelta | None:
        return timedelta(days=self.keep_days) if self.keep_days > 0 else None

    @property
    def pool(self) -> Pool:
        """What is not set is as it is best for the kind of database."""
        usual = Pool.usual(self.connection)
        size, overflow = self.max_pool_size, self.max_overflow
        return Pool(usual.size if size is None else size, usual.overflow if overflow is None else overflow)


@dataclass(frozen=True)
class AgentSettings:
    """Section [agent], of a host whose agent is a process of its own.

    `control_url` is that of the cloud's APIs, or several between commas, which are asked in turn; without one it is
    [DEFAULT] public_url. `credential_file` is what `cupola host credential` wrote (by default agent/credential in the
    state directory). `ca_file` holds the certificates that an https URL is believed by; without one, the system's do.
    """

    control_url: str | None = None
    credential_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True)
class LibvirtSettings:
    """Section [libvirt], where `hypervisor` is that: how libvirtd is reached, and auto, kvm or qemu."""

    uri: str = SYSTEM
    accelerator: str = "auto"


@dataclass(frozen=True)
class Settings:
    """Everything a cloud on this machine is started with."""

    state_dir: Path
    main: MainSettings
    database: DatabaseSettings
    identity: IdentitySettings
    image: ImageSettings
    network: NetworkSettings
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    observe: ObserveSettings = field(default_factory=ObserveSettings)
    agent: AgentSettings = AgentSettings()
    libvirt: LibvirtSettings = field(default_factory=LibvirtSettings)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)

    @property
    def database_url(self) -> str:
        return self.database.connection or f"sqlite:///{self.state_dir / 'cupola.db'}"

    @property
    def public_cidr(self) -> str:
        return self.network.public_cidr or PUBLIC_CIDR

    @property
    def control_urls(self) -> list[str]:
        """Where an agent on another machine finds the control plane, in the order it asks."""
        given = (self.agent.control_url or self.main.url).split(",")
        return [url.strip().rstrip("/") for url in given if url.strip()]

    @property
    def credential_file(self) -> Path:
        return self.agent.credential_file or self.state_dir / "agent" / "credential"


SECTIONS = ("database", "identity", "image", "network", "broker", "notifications", "observe", "agent", "libvirt")
"""Those besides [DEFAULT]; each is a field of `Settings`."""


def load_settings(file: Path | None, state_dir: Path, overrides: Mapping[str, Any]) -> Settings:
    """Read the settings; `overrides` are of [DEFAULT] and come from the command line.

    Raises ConfigurationError naming what is wrong and where.
    """
    document = reading.load_file(file)
    known = ("DEFAULT", *SECTIONS)
    if unknown := sorted(set(document) - set(known)):
        raise ConfigurationError(f"{file} has a section [{unknown[0]}]; known are: {', '.join(known)}")
    environ = {name: value for name, value in os.environ.items() if name not in _named(overrides)}
    return settings_of({**document, "DEFAULT": {**document.get("DEFAULT", {}), **overrides}}, state_dir, environ)


def _named(overrides: Mapping[str, Any]) -> set[str]:
    """The variables that the command line has the better of."""
    return {f"CUPOLA_DEFAULT_{name}".upper() for name in overrides}


def settings_of(document: Mapping[str, Mapping[str, Any]], state_dir: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a document (section → name → value) and the variables that override it.

    Raises ConfigurationError naming what is wrong and where.
    """
    main = reading.read(MainSettings, "DEFAULT", document, environ)
    if main.hypervisor not in HYPERVISORS:
        known = ", ".join(HYPERVISORS)
        raise ConfigurationError(f"[DEFAULT] hypervisor must be one of {known}, not {main.hypervisor!r}")
    libvirt = _libvirt(main, reading.read(LibvirtSettings, "libvirt", document, environ))
    broker = reading.read(BrokerSettings, "broker", document, environ)
    notifications = reading.read(NotificationSettings, "notifications", document, environ)
    if notifications.enabled and not is_broker(main.transport_url):
        raise ConfigurationError(
            "[notifications] enabled needs a broker between parts that run apart: [DEFAULT] transport_url"
        )
    if main.transport_url.partition(":")[0] != "memory":
        broker.check()
        brokers_of(main.transport_url, broker)
    network = reading.read(NetworkSettings, "network", document, environ)
    for name, longest in (("public_cidr", 29), ("link_range", 30)):
        _check_network(f"[network] {name}", getattr(network, name), longest)
    identity = reading.read(IdentitySettings, "identity", document, environ)
    image = reading.read(ImageSettings, "image", document, environ)
    if identity.key_directory is None:
        identity = dataclasses.replace(identity, key_directory=state_dir / "keys")
    if "directory" not in document.get("image", {}) and "CUPOLA_IMAGE_DIRECTORY" not in environ:
        image = dataclasses.replace(image, directory=state_dir / "images")
    return Settings(
        state_dir,
        main,
        reading.read(DatabaseSettings, "database", document, environ),
        identity,
        image,
        network,
        broker,
        reading.read(ObserveSettings, "observe", document, environ),
        reading.read(AgentSettings, "agent", document, environ),
        libvirt,
        notifications,
    )


def _libvirt(main: MainSettings, libvirt: LibvirtSettings) -> LibvirtSettings:
    """Refuse what cannot work. Raises ConfigurationError."""
    if main.libvirt and not main.host_network:
        raise ConfigurationError(
            '[DEFAULT] hypervisor = "libvirt" needs host_network = true (--host-network): libvirtd opens the taps of '
            "servers in its own network namespace, the machine's, and cannot reach those in one of the cloud's own."
        )
    if libvirt.accelerator not in ACCELERATORS:
        known = ", ".join(ACCELERATORS)
        raise ConfigurationError(f"[libvirt] accelerator must be one of {known}, not {libvirt.accelerator!r}")
    if not is_local(libvirt.uri):
        raise ConfigurationError(
            f"[libvirt] uri must be that of the system's libvirtd on this machine, {SYSTEM} (?socket=PATH may follow), "
            f"not {libvirt.uri!r}: the disks and taps of servers are here."
        )
    return libvirt


def _check_network(where: str, value: str | None, longest: int) -> None:
    try:
        if value is None or IPv4Network(value).prefixlen <= longest:
            return
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    raise ConfigurationError(f"{where}: {value} is too small, it must be /{longest} or larger")
