"""A network's document as the parts of a host: bridge, taps, tunnel, way out, DHCP namespace, firewall."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network

from cupola.network.host.layout import Forwarding, Layout, Link, Namespace, Neighbour, Vxlan
from cupola.network.host.plan.dhcp import METADATA_ADDRESS, dhcp_daemon
from cupola.network.host.plan.firewall import firewall_tables
from cupola.network.host.settings import (
    HostNetwork,
    bridge_name,
    dhcp_link,
    network_owner,
    public_link,
    public_port,
    tap_name,
    vxlan_link,
)
from cupola.network.model.wanted import DhcpWanted, NetworkWanted

_FLOOD = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Numbers:
    """What the kernel knows a network and its ports by on this host."""

    zone: int
    ports: dict[str, int]
    """Number of each tap within the zone."""


def assign_numbers(doc: NetworkWanted, host: HostNetwork, observed: Layout) -> Numbers:
    """The numbers that network and taps have on this host already, and free ones for those that are new.

    A zone lasts as long as the bridge: it is the bridge's group.
    """
    bridge = observed.link(host.namespace, bridge_name(doc.network_id))
    zone = bridge.group if bridge and bridge.group else _free({each.group or 0 for each in observed.links}, 1 << 15)
    before = {
        tap: int(mark, 16) & 0xFFFF
        for table in observed.tables
        if table.owner == network_owner(doc.network_id)
        for tap, _, mark in (element.partition(" : ") for element in table.sets.get("destinations", ()))
    }
    ports: dict[str, int] = {}
    for port in sorted(doc.ports, key=lambda port: port.tap not in before):
        ports[port.tap] = before.get(port.tap) or _free(set(ports.values()), 1 << 16)
    return Numbers(zone, ports)


def _free(taken: set[int], limit: int) -> int:
    for number in range(1, limit):
        if number not in taken:
            return number
    raise RuntimeError(f"all {limit - 1} numbers are taken")


def network_layout(doc: NetworkWanted, host: HostNetwork, numbers: Numbers) -> Layout:
    """All parts of a host that carry `doc`."""
    owner, bridge = network_owner(doc.network_id), bridge_name(doc.network_id)

    def plugged(name: str, kind: str, part: str = "", **more: object) -> Link:
        """A link on the bridge."""
        return Link(
            host.namespace, name, kind, owner, host.alias(f"{part}network {doc.network_id}"), doc.mtu, master=bridge,
            group=numbers.zone, quiet=True, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    alias = host.alias(f"network {doc.network_id}")
    links = [
        Link(host.namespace, bridge, "bridge", owner, alias, doc.mtu, group=numbers.zone, filtered=True, quiet=True)
    ]
    links += [plugged(port.tap, "tap", f"port {port.port_id} ", user=host.tap_uid) for port in doc.ports]
    forwarding: tuple[Forwarding, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    if doc.vni is not None and host.vtep:
        name = vxlan_link(doc.vni)
        links.append(plugged(name, "vxlan", vxlan=Vxlan(doc.vni, host.vtep, host.vxlan_port, host.underlay)))
        forwarding = tuple(
            Forwarding(host.namespace, name, mac, vtep)
            for mac, vtep in [*((_FLOOD, peer) for peer in doc.peers), *((each.mac, each.vtep) for each in doc.fdb)]
        )
        neighbours = tuple(
            Neighbour(host.namespace, name, address, each.mac) for each in doc.fdb for address in each.addresses
        )
    if public := _public_addresses(doc, host):
        links += _public_links(doc, host, owner, public, plugged(public_port(doc.network_id), "veth"))
    layout = Layout(
        links=tuple(links),
        forwarding=forwarding,
        neighbours=neighbours,
        tables=firewall_tables(doc, host, numbers.zone, numbers.ports),
    )
    return layout + _dhcp(doc, doc.dhcp, host, owner, plugged) if doc.dhcp else layout


def _public_addresses(doc: NetworkWanted, host: HostNetwork) -> list[str]:
    """The gateway addresses of those subnets of an external network for which this host is the way out."""
    networks = [(each, ip_network(each.cidr)) for each in doc.subnets if doc.external and each.gateway_ip]
    return [f"{each.gateway_ip}/{network.prefixlen}" for each, network in networks if network in host.public]


def _public_links(
    doc: NetworkWanted, host: HostNetwork, owner: str, addresses: Iterable[str], port: Link
) -> tuple[Link, ...]:
    """The host's foot in the network. It is a port of the bridge and not the bridge itself: so the firewall sees it."""
    alias = host.alias(f"gateway network {doc.network_id}")
    link = Link(
        host.namespace, public_link(doc.network_id), "veth", owner, alias, doc.mtu,
        addresses=tuple(sorted(addresses)), quiet=True, peer=port.key,
    )  # fmt: skip
    return link, port


def _dhcp(doc: NetworkWanted, dhcp: DhcpWanted, host: HostNetwork, owner: str, plugged: Callable[..., Link]) -> Layout:
    """The DHCP namespace, which is also the near end of the metadata service."""
    namespace = host.dhcp_namespace(doc.network_id)
    inner = dhcp_link(dhcp.port_id)
    prefixes = {each.subnet_id: ip_network(each.cidr).prefixlen for each in doc.subnets}
    addresses = [f"{fixed.address}/{prefixes[fixed.subnet_id]}" for fixed in dhcp.fixed_ips]
    alias = host.alias(f"port {dhcp.port_id} network {doc.network_id}")
    daemon = dhcp_daemon(doc, dhcp, host)
    return Layout(
        namespaces=(Namespace(namespace, owner),),
        links=(
            Link(namespace, "lo", "loopback", owner),
            plugged(tap_name(dhcp.port_id), "veth", f"port {dhcp.port_id} ", peer=(namespace, inner)),
            Link(
                namespace, inner, "veth", owner, alias, doc.mtu, dhcp.mac,
                addresses=tuple(sorted({*(str(ip_interface(each)) for each in addresses), f"{METADATA_ADDRESS}/32"})),
            ),
        ),
        daemons=(daemon,) if daemon else (),
    )  # fmt: skip
