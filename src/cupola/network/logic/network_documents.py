"""What is wanted of networks on a host, as documents: a fixed number of statements, however many networks and ports.

A network is on a host while a port of it is bound there: of a server, of DHCP, or of a router.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cupola.base.db.transaction import Transaction
from cupola.base.hosts.control import Document
from cupola.network.logic.hosts import gone_from, tunnel_ends
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

MOST_KEPT = 64
"""Networks whose facts are kept."""


class WantedNetworks:
    """Networks, for agents. A host is told of each that is no longer to be there: so of one that it was never told of,
    nothing is known. It is of another database, or of a later time than the backup that is this one, and somebody's
    servers are on it.

    What a network's documents are made of is read once for all hosts that ask within `keep` of each other, as long as
    its generation is the same: a change of a network is told to all its hosts at about the same time.
    """

    def __init__(self, keep: timedelta = timedelta(0)) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._kept: dict[str, _Facts] = {}

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return port_store.networks_on(tx, host)

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        found = networks.by_ids(tx, ids)
        facts = self._remembered(tx.now, found)
        if unknown := [network for id_, network in found.items() if id_ not in facts]:
            facts |= self._remember(tx.now, _gather(tx, unknown))
        wanted = {id_: document for id_ in facts if (document := facts[id_].document(host)) is not None}
        return wanted | gone_from(tx, host, "network", [id_ for id_ in ids if id_ not in wanted])

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return networks.unchanged(tx, host, known)

    def _remembered(self, now: datetime, found: Mapping[str, Network]) -> dict[str, _Facts]:
        with self._lock:
            kept = {id_: facts for id_ in found if (facts := self._kept.get(id_))}
        return {
            id_: facts
            for id_, facts in kept.items()
            if facts.network.generation == found[id_].generation and now - self._keep < facts.read_at <= now
        }

    def _remember(self, now: datetime, fresh: dict[str, _Facts]) -> dict[str, _Facts]:
        if self._keep:
            with self._lock:
                kept = {id_: facts for id_, facts in self._kept.items() if now - self._keep < facts.read_at <= now}
                kept |= fresh
                self._kept = dict(list(kept.items())[-MOST_KEPT:])
        return fresh


def _gather(tx: Transaction, found: Sequence[Network]) -> dict[str, _Facts]:
    ids = [network.id for network in found]
    ports = port_store.on_hosts(tx, ids)
    groups = port_store.groups_on_hosts(tx, ids)
    rules = security_groups.rules_of(tx, sorted({group for bound in groups.values() for group in bound}))
    wanted_rules = {group: tuple(_rule(rule) for rule in of_group) for group, of_group in rules.items()}
    named = {rule.remote_group_id for of_group in rules.values() for rule in of_group if rule.remote_group_id}
    of_subnets = subnets.of_networks(tx, ids)
    by_network = _by_network(ports)
    addresses = port_store.fixed_ips_on_hosts(tx, ids)
    named_members = members.addresses_of(tx, sorted(named))
    vteps = tunnel_ends(tx, {port.host for port in ports})
    return {
        network.id: _Facts(
            tx.now,
            network,
            tuple(_subnet(each) for each in of_subnets.get(network.id, ())),
            by_network.get(network.id, []),
            addresses,
            groups,
            wanted_rules,
            named_members,
            vteps,
        )
        for network in found
    }


def _by_network(ports: Iterable[BoundPort]) -> dict[str, list[BoundPort]]:
    found: dict[str, list[BoundPort]] = {}
    for port in ports:
        found.setdefault(port.network_id, []).append(port)
    return found


@dataclass(frozen=True)
class _Facts:
    """All that the documents of a network are made of, whatever the host."""

    read_at: datetime
    network: Network
    subnets: tuple[SubnetWanted, ...]
    ports: Sequence[BoundPort]
    addresses: Mapping[str, Sequence[FixedIp]]
    groups: Mapping[str, Sequence[str]]
    rules: Mapping[str, Sequence[RuleWanted]]
    members: Mapping[str, tuple[str, ...]]
    vteps: Mapping[str, str]

    def document(self, host: str) -> Document | None:
        network = self.network
        here = [port for port in self.ports if port.host == host]
        if not here:
            return None
        plugged = tuple(self._port(port) for port in here if port.of_server)
        named = {rule.remote_group_id for port in plugged for rule in port.rules if rule.remote_group_id}
        carried = network.network_type == OVERLAY
        return NetworkWanted(
            network_id=network.id,
            generation=network.generation,
            mtu=network.mtu,
            vni=network.segmentation_id if carried and not network.external else None,
            external=network.external,
            subnets=self.subnets,
            dhcp=next((self._dhcp(port) for port in here if port.device_owner == DHCP), None),
            ports=plugged,
            remote_groups={group: self.members.get(group, ()) for group in sorted(named)},
            peers=tuple(sorted({self.vteps[each] for each in self._hosts if each in self.vteps and each != host})),
            fdb=tuple(entry for there, entry in self._forwarding if there != host),
        ).to_json()

    @cached_property
    def _hosts(self) -> set[str]:
        return {port.host for port in self.ports}

    @cached_property
    def _forwarding(self) -> list[tuple[str, ForwardingEntry]]:
        """Where each port is found from another host."""
        return [
            (port.host, ForwardingEntry(port.mac_address, self.vteps[port.host], tuple(self._texts(port))))
            for port in self.ports
            if port.host in self.vteps and port.device_owner != FLOATING_IP
        ]

    def _texts(self, port: BoundPort) -> Iterable[str]:
        return (fixed.ip_address for fixed in self.addresses.get(port.id, ()))

    def _ips(self, port: BoundPort) -> tuple[WantedIp, ...]:
        return tuple(WantedIp(fixed.subnet_id, fixed.ip_address) for fixed in self.addresses.get(port.id, ()))

    def _dhcp(self, served: BoundPort) -> DhcpWanted:
        hosts = [port for port in self.ports if port.of_server or not port.of_network]
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
