"""Where on this machine the parts of a cloud are: what commands need to know without loading the services."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Network

from cupola.network.host.settings import HostNetwork
from cupola.wiring.settings import Settings

QEMU_UID = 64056
"""The user and group that guests run as; needs no entry in /etc/passwd."""


@dataclass(frozen=True)
class Namespaces:
    """Where on this machine the cloud's network is."""

    network: HostNetwork

    @property
    def host(self) -> str | None:
        """The namespace of the bridges; None: the machine's own."""
        return self.network.namespace or None

    def dhcp(self, network_id: str) -> str:
        """The namespace from which a network's servers are reached."""
        return self.network.dhcp_namespace(network_id)


def namespaces(settings: Settings) -> Namespaces:
    """The namespaces of a cloud on this machine."""
    return Namespaces(host_network(settings))


def host_network(settings: Settings) -> HostNetwork:
    """How the network of this machine is set up for the cloud; its tag follows from the state directory."""
    directory = settings.state_dir / "network"
    tag = hashlib.sha256(f"{settings.state_dir}/{settings.main.host}".encode()).hexdigest()[:4]
    return HostNetwork(
        tag,
        settings.main.host,
        directory,
        own_namespace=not settings.main.host_network,
        public=(IPv4Network(settings.public_cidr),),
        link_range=IPv4Network(settings.network.link_range),
        tap_uid=QEMU_UID,
    )
