"""Where the brokers are: `transport_url` as OpenStack's operators write it, and how the bus uses them."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cupola.base.errors import ConfigurationError

SCHEMES = {"rabbit": False, "amqp": False, "pyamqp": False, "rabbits": True, "amqps": True}
"""Those of a broker, and whether they mean TLS."""
PORT, TLS_PORT = 5672, 5671

_ADDRESS = re.compile(
    r"^(?:(?P<user>[^:@]*)(?::(?P<password>[^@]*))?@)?(?P<host>\[[^]]+\]|[^:@\[\]]+)(?::(?P<port>\d+))?$"
)


@dataclass(frozen=True)
class BrokerSettings:
    """Section [broker]: how RabbitMQ is spoken with.

    `heartbeat` in seconds: a broker that is silent for two of them is left for the next. `prefetch`: how many messages
    of a queue may be in this process unacknowledged. TLS (`amqps://`, or `tls = true`): `ca_file` has the authorities
    that may sign the broker's certificate (without one those of the system), `cert_file` and `key_file` are shown to
    a broker that asks who we are.
    """

    heartbeat: int = 10
    prefetch: int = 64
    connect_timeout: int = 5
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def check(self) -> None:
        """Raises ConfigurationError naming the setting that cannot be."""
        for name, least in (("heartbeat", 1), ("prefetch", 1), ("connect_timeout", 1)):
            if getattr(self, name) < least:
                raise ConfigurationError(f"[broker] {name} must be {least} or more, not {getattr(self, name)}")
        if (self.cert_file is None) != (self.key_file is None):
            raise ConfigurationError("[broker] cert_file and key_file are given together or not at all")
        for name in ("ca_file", "cert_file", "key_file"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise ConfigurationError(f"[broker] {name}: there is no file {path}")


@dataclass(frozen=True)
class Broker:
    """One broker: an address, and who we are there."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    tls: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Broker({self}, user {self.user!r}, vhost {self.vhost!r})"  # never the password


def is_broker(transport_url: str) -> bool:
    """Whether it names a broker; else the bus is in this process."""
    return transport_url.partition(":")[0] in SCHEMES


def brokers_of(transport_url: str, settings: BrokerSettings) -> tuple[Broker, ...]:
    """The brokers of a URL: `rabbit://user:password@host1:5672,user:password@host2:5672/vhost`.

    An empty vhost is "/"; who names no user is the first one's, or guest. Raises ConfigurationError without the
    password in its words.
    """
    scheme, _, rest = transport_url.partition("://")
    if scheme not in SCHEMES:
        raise ConfigurationError(
            f"transport_url: {scheme}:// is not known; known are memory:// and {', '.join(SCHEMES)}"
        )
    tls = SCHEMES[scheme] or settings.tls
    addresses, _, path = rest.partition("/")
    vhost = unquote(path.partition("?")[0]) or "/"
    found: list[Broker] = []
    for number, address in enumerate(addresses.split(",")):
        match = _ADDRESS.match(address.strip())
        port = int(match["port"] or (TLS_PORT if tls else PORT)) if match else 0
        if match is None or not 0 < port < 65536:
            raise ConfigurationError(
                f"transport_url: address {number + 1} is not [user:password@]host[:port]"
                " (write '@', ':', '/' and ',' of a password as %40, %3A, %2F and %2C)"
            )
        user, password = ("guest", "guest") if not found else (found[0].user, found[0].password)
        if match["user"] is not None:
            user, password = unquote(match["user"]), unquote(match["password"] or "")
        found.append(Broker(match["host"].strip("[]"), port, user, password, vhost, tls))
    return tuple(found)


def _tls(broker: Broker, settings: BrokerSettings) -> dict[str, Any]:
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": broker.host,
        "ca_certs": settings.ca_file and str(settings.ca_file),
        "certfile": settings.cert_file and str(settings.cert_file),
        "keyfile": settings.key_file and str(settings.key_file),
        "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
    }


def connect(broker: Broker, settings: BrokerSettings, name: str) -> Any:
    """A connection of amqp's (`amqp.Connection`), named for `rabbitmqctl list_connections`.

    Every wait in it ends: a broker that hangs is an OSError too.
    """
    from kombu.connection import Connection

    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    wait = float(max(settings.heartbeat, 2))
    opening = Connection(  # type: ignore[no-untyped-call]
        hostname=host,
        port=broker.port,
        userid=broker.user,
        password=broker.password,
        virtual_host=broker.vhost,
        transport="pyamqp",
        ssl=_tls(broker, settings) if broker.tls else False,
        connect_timeout=settings.connect_timeout,
        heartbeat=settings.heartbeat,
        transport_options={
            "client_properties": {"connection_name": name, "product": "Cupola"},
            "read_timeout": wait,
            "write_timeout": wait,
            "socket_settings": {socket.TCP_USER_TIMEOUT: int(wait * 2000)},
        },
    )
    return opening.transport.establish_connection()
