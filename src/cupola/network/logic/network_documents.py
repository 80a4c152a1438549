"""What is wanted of networks on a host, as documents: a fixed number of statements, however many networks and ports.

A network is on a host while a port of it is bound there: of a server, of DHCP, or of a router.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cupola.base.db.transaction import Transaction
from cupola.base.hosts.control import Document
from cupola.network.logic.hosts import tunnel_ends
from cupola.network.model.network import OVERLAY, Network
from cupola.network.model.port import DHCP, FLOATING_IP, BoundPort, FixedIp
from cupola.network.model.security_group import Rule
from cupola.network.model.subnet import Subnet
from cupola.network.model.wanted import (
    AddressPair,
    DhcpHost,
    DhcpWanted,
    ForwardingEntry,
    HostRouteWanted,
    NetworkWanted,
    PortWanted,
    RuleWanted,
    SubnetWanted,
)
from cupola.network.model.wanted import FixedIp as WantedIp
from cupola.network.store import members, networks, security_groups, subnets
from cupola.network.store import ports as port_store


class WantedNetworks:
    """Networks, for agents."""

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return port_store.networks_on(tx, host)

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        facts = _gather(tx, host, ids)
        return {id_: facts.document(id_) for id_ in ids}

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return networks.unchanged(tx, host, known)


def _gather(tx: Transaction, host: str, ids: Sequence[str]) -> _Facts:
    found = networks.by_ids(tx, ids)  # before its ports: what is read later is never older than the generation says
    ports = port_store.on_hosts(tx, ids)
    local = [port.id for port in ports if port.host == host and port.of_server]
    groups = port_store.groups_of(tx, local)
    rules = security_groups.rules_of(tx, sorted({group for bound in groups.values() for group in bound}))
    wanted_rules = {group: tuple(_rule(rule) for rule in of_group) for group, of_group in rules.items()}
    named = {rule.remote_group_id for of_group in rules.values() for rule in of_group if rule.remote_group_id}
    return _Facts(
        host,
        found,
        subnets.of_networks(tx, ids),
        _by_network(ports),
        port_store.fixed_ips_on_hosts(tx, ids),
        groups,
        wanted_rules,
        members.addresses_of(tx, sorted(named)),
        tunnel_ends(tx, {str(port.host) for port in ports}),
    )


def _by_network(ports: Iterable[BoundPort]) -> dict[str, list[BoundPort]]:
    found: dict[str, list[BoundPort]] = {}
    for port in ports:
        found.setdefault(port.network_id, []).append(port)
    return found


@dataclass(frozen=True)
class _Facts:
    """All that the documents are made of."""

    host: str
    networks: Mapping[str, Network]
    subnets: Mapping[str, Sequence[Subnet]]
    ports: Mapping[str, Sequence[BoundPort]]
    addresses: Mapping[str, Sequence[FixedIp]]
    groups: Mapping[str, Sequence[str]]
    rules: Mapping[str, Sequence[RuleWanted]]
    members: Mapping[str, tuple[str, ...]]
    vteps: Mapping[str, str]

    def document(self, network_id: str) -> Document | None:
        network = self.networks.get(network_id)
        ports = self.ports.get(network_id, ())
        here = [port for port in ports if port.host == self.host]
        if network is None or not here:
            return None
        plugged = tuple(self._port(port) for port in here if port.of_server)
        named = {rule.remote_group_id for port in plugged for rule in port.rules if rule.remote_group_id}
        elsewhere = [port for port in ports if port.host in self.vteps and port.host != self.host]
        carried = network.network_type == OVERLAY
        return NetworkWanted(
            network_id=network.id,
            generation=network.generation,
            mtu=network.mtu,
            vni=network.segmentation_id if carried and not network.external else None,
            external=network.external,
            subnets=tuple(_subnet(each) for each in self.subnets.get(network_id, ())),
            dhcp=next((self._dhcp(port, ports) for port in here if port.device_owner == DHCP), None),
            ports=plugged,
            remote_groups={group: self.members.get(group, ()) for group in sorted(named)},
            peers=tuple(sorted({self.vteps[str(port.host)] for port in elsewhere})),
            fdb=tuple(self._forwarding(port) for port in elsewhere if port.device_owner != FLOATING_IP),
        ).to_json()

    def _ips(self, port: BoundPort) -> tuple[WantedIp, ...]:
        return tuple(WantedIp(fixed.subnet_id, fixed.ip_address) for fixed in self.addresses.get(port.id, ()))

    def _dhcp(self, served: BoundPort, ports: Sequence[BoundPort]) -> DhcpWanted:
        hosts = [port for port in ports if port.of_server or not port.of_network]
        entries = tuple(DhcpHost(port.mac_address, self._ips(port), self._hostname(port)) for port in hosts)
        return DhcpWanted(served.id, served.mac_address, self._ips(served), entries)

    def _hostname(self, port: BoundPort) -> str:
        """The name that DHCP gives out: made of the first address, as clouds do where no DNS name is set."""
        first = next(iter(self.addresses.get(port.id, ())), None)
        return "" if first is None else "host-" + first.ip_address.replace(".", "-").replace(":", "-")

    def _port(self, port: BoundPort) -> PortWanted:
        """A port that is administratively down keeps its tap, and may neither send nor be reached."""
        up = port.admin_state_up
        return PortWanted(
            port_id=port.id,
            mac=port.mac_address,
            tap=port.tap,
            server_id=port.device_id,
            fixed_ips=self._ips(port) if up else (),
            allowed_address_pairs=tuple(
                AddressPair(each["ip_address"], each.get("mac_address")) for each in port.allowed_address_pairs if up
            ),
            port_security=port.port_security_enabled or not up,
            rules=tuple(rule for group in self.groups.get(port.id, ()) for rule in self.rules.get(group, ()) if up),
        )

    def _forwarding(self, port: BoundPort) -> ForwardingEntry:
        addresses = tuple(fixed.ip_address for fixed in self.addresses.get(port.id, ()))
        return ForwardingEntry(port.mac_address, self.vteps[str(port.host)], addresses)


def _subnet(subnet: Subnet) -> SubnetWanted:
    return SubnetWanted(
        subnet_id=subnet.id,
        cidr=subnet.cidr,
        ip_version=subnet.ip_version,
        gateway_ip=subnet.gateway_ip,
        enable_dhcp=subnet.enable_dhcp,
        dns_nameservers=tuple(subnet.dns_nameservers),
        host_routes=tuple(HostRouteWanted(each["destination"], each["nexthop"]) for each in subnet.host_routes),
    )


def _rule(rule: Rule) -> RuleWanted:
    return RuleWanted(
        direction=rule.direction,
        ethertype=rule.ethertype,
        protocol=rule.protocol,
        port_min=rule.port_range_min,
        port_max=rule.port_range_max,
        remote_cidr=rule.remote_ip_prefix,
        remote_group_id=rule.remote_group_id,
    )
