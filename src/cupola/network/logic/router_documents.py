"""What is wanted of routers on a host, as documents: a fixed number of statements, however many routers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from cupola.base.db.transaction import Transaction
from cupola.base.hosts.control import Document
from cupola.network.logic.hosts import gone_from
from cupola.network.model.floating_ip import FloatingIp
from cupola.network.model.network import Network
from cupola.network.model.port import FixedIp, Port
from cupola.network.model.router import Router
from cupola.network.model.subnet import Subnet
from cupola.network.model.wanted import (
    FloatingIpWanted,
    GatewayWanted,
    HostRouteWanted,
    RouterPortWanted,
    RouterWanted,
)
from cupola.network.store import floating_ips, networks, subnets
from cupola.network.store import ports as port_store
from cupola.network.store import routers as store


class WantedRouters:
    """Routers, for agents. One that is administratively down is there and forwards nothing. Of one that the host was
    never told of, nothing is known, as of networks.
    """

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return store.on_host(tx, host)

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        found = {id_: router for id_, router in store.by_ids(tx, ids).items() if router.host == host}
        facts = _gather(tx, found)
        wanted = {id_: facts.document(router) for id_, router in found.items()}
        return wanted | gone_from(tx, host, "router", [id_ for id_ in ids if id_ not in found])

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return store.unchanged(tx, host, known)


def _gather(tx: Transaction, found: Mapping[str, Router]) -> _Facts:
    ports = port_store.of_devices(tx, found)
    addresses = port_store.fixed_ips_of(tx, [port.id for port in ports])
    return _Facts(
        ports,
        addresses,
        networks.by_ids(tx, {port.network_id for port in ports}),
        subnets.by_ids(tx, {fixed.subnet_id for of_port in addresses.values() for fixed in of_port}),
        floating_ips.of_routers(tx, sorted(found)),
    )


@dataclass(frozen=True)
class _Facts:
    ports: Sequence[Port]
    addresses: Mapping[str, Sequence[FixedIp]]
    networks: Mapping[str, Network]
    subnets: Mapping[str, Subnet]
    floating_ips: Sequence[FloatingIp]

    def document(self, router: Router) -> Document:
        plugged = [port for port in self.ports if port.device_id == router.id and router.admin_state_up]
        inside = [port for port in plugged if port.id != router.gateway_port_id]
        outside = next((port for port in plugged if port.id == router.gateway_port_id), None)
        document = RouterWanted(
            router_id=router.id,
            generation=router.generation,
            interfaces=tuple(self._interface(port) for port in inside),
            gateway=None if outside is None else self._gateway(outside),
            enable_snat=router.enable_snat,
            floating_ips=tuple(
                FloatingIpWanted(each.id, each.floating_ip_address, each.fixed_ip_address)
                for each in self.floating_ips
                if each.router_id == router.id and each.fixed_ip_address and router.admin_state_up
            ),
            extra_routes=self._routes(router, plugged),
        ).to_json()
        required = sorted({port.network_id for port in plugged})
        return {**document, "requires": [f"network/{network_id}" for network_id in required]}

    def _routes(self, router: Router, plugged: Sequence[Port]) -> tuple[HostRouteWanted, ...]:
        """Its routes that lead somewhere now: a gateway may be gone since, or all feet of a router that is down."""
        fixed = [each for port in plugged for each in self.addresses.get(port.id, ())]
        blocks = {self.subnets[each.subnet_id].block for each in fixed}
        return tuple(
            HostRouteWanted(route["destination"], route["nexthop"])
            for route in router.routes
            if any(ip_address(route["nexthop"]) in block for block in blocks)
        )

    def _interface(self, port: Port) -> RouterPortWanted:
        mtu = self.networks[port.network_id].mtu
        return RouterPortWanted(port.id, port.network_id, port.mac_address, self._prefixed(port), mtu)

    def _gateway(self, port: Port) -> GatewayWanted:
        of = [self.subnets[fixed.subnet_id] for fixed in self.addresses.get(port.id, ())]
        hops = {subnet.ip_version: subnet.gateway_ip for subnet in of if subnet.gateway_ip}
        mtu = self.networks[port.network_id].mtu
        return GatewayWanted(
            port.id, port.network_id, port.mac_address, self._prefixed(port), tuple(hops.values()), mtu
        )

    def _prefixed(self, port: Port) -> tuple[str, ...]:
        """The port's addresses with the prefix of their subnet."""
        return tuple(
            f"{fixed.ip_address}/{self.subnets[fixed.subnet_id].block.prefixlen}"
            for fixed in self.addresses.get(port.id, ())
        )
