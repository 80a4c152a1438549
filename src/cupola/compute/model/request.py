"""What somebody asks for who wants a server, as the API has read and checked it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class NicRequest:
    """A network to be attached to, or a port that is there; `fixed_ip` only goes with a network."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class ServerRequest:
    """One or more servers that are wanted. `networks` None or "auto" leaves the choice to the cloud.

    `host` is wanted whatever it has room for when it is `forced`. `hostname` None is made of the name.
    """

    name: str
    flavor_id: str
    image_id: str
    description: str | None = None
    hostname: str | None = None
    networks: Sequence[NicRequest] | Literal["auto", "none"] | None = None
    security_groups: Sequence[str] = ("default",)
    key_name: str | None = None
    user_data: str | None = field(default=None, repr=False)
    admin_pass: str | None = field(default=None, repr=False)
    config_drive: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    availability_zone: str | None = None
    host: str | None = None
    forced: bool = False
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str = "MANUAL"
    min_count: int = 1
    max_count: int = 1
