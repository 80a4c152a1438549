"""What a network host needs of a driver; tests/contract/test_network_driver.py says what each promise means."""

from __future__ import annotations

import socket
from typing import Protocol

from cupola.base.effects import Effect
from cupola.network.host.layout import Layout
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import NetworkWanted, RouterWanted


class NetworkDriver(Protocol):
    """Brings one host's network to what documents say. Every call may be repeated; with nothing to do it is cheap.

    Each returns what it did, in order; a failure is HostError, and what was done until then is in its `effects`.
    """

    host: HostNetwork

    def ensure_host(self) -> list[Effect]:
        """The host's namespace, its link to the machine, and the routes to the public subnets."""
        ...

    def remove_host(self) -> list[Effect]:
        """Nothing of the host is left: no process, namespace, interface, table, route or file."""
        ...

    def ensure_network(self, doc: NetworkWanted) -> list[Effect]:
        """Bridge, taps of local ports, tunnel, DHCP and firewall of one network."""
        ...

    def network_gone(self, network_id: str) -> list[Effect]:
        """Nothing of that network is left."""
        ...

    def ensure_router(self, doc: RouterWanted) -> list[Effect]:
        """Namespace, links, routes and address translation of one router, whose networks are on this host."""
        ...

    def router_gone(self, router_id: str) -> list[Effect]:
        """Nothing of that router is left."""
        ...

    def observe(self) -> Layout:
        """Everything of this host that is there."""
        ...

    def obstacles(self) -> dict[str, str]:
        """What of the machine keeps guests from what security groups grant or lets them do more, and what helps."""
        ...

    def metadata_of_network(self, network_id: str) -> socket.socket:
        """A listening socket where guests of the network reach 169.254.169.254:80; peers show their fixed address."""
        ...

    def metadata_of_router(self, router_id: str) -> socket.socket:
        """A listening socket to which the router redirects what guests send to 169.254.169.254:80."""
        ...
