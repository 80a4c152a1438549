"""A router's document as the parts of a host: a namespace with a foot in each network, routes, address translation."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_interface

from cupola.network.host.changes.change import Change
from cupola.network.host.layout import Layout, Link, Namespace, Route, Sysctl, Table
from cupola.network.host.plan.advertisements import advertisements
from cupola.network.host.plan.nat import FLOATING_IN, nat_table
from cupola.network.host.settings import (
    HostNetwork,
    bridge_name,
    gateway_link,
    router_link,
    router_owner,
    tap_name,
)
from cupola.network.model.wanted import GatewayWanted, RouterPortWanted, RouterWanted


def router_layout(doc: RouterWanted, host: HostNetwork, zones: Mapping[str, int]) -> Layout:
    """All parts of a host that run `doc`; `zones` gives the group of each bridge that is there, by its name.

    Raises ValueError if a network of the router is not on this host, or a route leads nowhere.
    """
    namespace, owner = host.router_namespace(doc.router_id), router_owner(doc.router_id)
    links = [Link(namespace, "lo", "loopback", owner)]
    for port in doc.interfaces:
        links += _foot(doc, port, router_link(port.port_id), port.addresses, host, zones)
    if doc.gateway:
        floating = [f"{each.floating_address}/32" for each in doc.floating_ips]
        addresses = (*doc.gateway.addresses, *floating)
        links += _foot(doc, doc.gateway, gateway_link(doc.gateway.port_id), addresses, host, zones)
    return Layout(
        namespaces=(Namespace(namespace, owner),),
        links=tuple(links),
        routes=_routes(doc, namespace),
        sysctls=(Sysctl(namespace, "net/ipv4/ip_forward", "1"), Sysctl(namespace, "net/ipv6/conf/all/forwarding", "1")),
        tables=(nat_table(doc, host),),
        daemons=advertisements(doc, host),
    )


def zones_of(layout: Layout, host: HostNetwork) -> dict[str, int]:
    """Name and group of each bridge."""
    return {
        each.name: each.group or 0
        for each in layout.links
        if each.kind == "bridge" and each.namespace == host.namespace
    }


def _foot(
    doc: RouterWanted,
    port: RouterPortWanted | GatewayWanted,
    name: str,
    addresses: tuple[str, ...],
    host: HostNetwork,
    zones: Mapping[str, int],
) -> tuple[Link, Link]:
    """A veth pair: one end on the network's bridge, the other in the router."""
    bridge = bridge_name(port.network_id)
    if bridge not in zones:
        raise ValueError(f"network {port.network_id} of router {doc.router_id} is not on this host")
    inner = (host.router_namespace(doc.router_id), name)
    owner, alias = router_owner(doc.router_id), host.alias(f"port {port.port_id} router {doc.router_id}")
    return (
        Link(
            host.namespace, tap_name(port.port_id), "veth", owner, alias, port.mtu, master=bridge,
            group=zones[bridge], quiet=True, peer=inner,
        ),
        Link(*inner, "veth", owner, alias, port.mtu, port.mac, addresses=tuple(sorted(set(addresses)))),
    )  # fmt: skip


def _routes(doc: RouterWanted, namespace: str) -> tuple[Route, ...]:
    routes = []
    if doc.gateway:
        device = gateway_link(doc.gateway.port_id)
        routes = [
            Route(namespace, "::/0" if ":" in each else "default", each, device) for each in doc.gateway.gateway_ips
        ]
    for route in doc.extra_routes:
        routes.append(Route(namespace, route.destination, route.nexthop, _device(doc, route.nexthop)))
    return tuple(routes)


def _device(doc: RouterWanted, nexthop: str) -> str:
    feet = [(router_link(each.port_id), each.addresses) for each in doc.interfaces]
    if doc.gateway:
        feet.append((gateway_link(doc.gateway.port_id), doc.gateway.addresses))
    for name, addresses in feet:
        if any(ip_address(nexthop) in ip_interface(each).network for each in addresses):
            return name
    raise ValueError(f"next hop {nexthop} of router {doc.router_id} is in none of its networks")


def floating_flows(wanted: Layout, observed: Layout) -> list[Change]:
    """Flows to end: those of floating IPs that are gone, or lead elsewhere now."""
    changes = []
    for table in wanted.tables:
        before = next((each for each in observed.tables if each.key == table.key), None)
        for entry in sorted(_floating(before) - _floating(table)):
            address = entry.partition(" ")[0]
            for side in ("-d", "-q"):
                what = f"flows of floating IP {address} must end"
                changes.append(Change(what, "conntrack", table.namespace, ("-D", side, address)))
    return changes


def _floating(table: Table | None) -> set[str]:
    return set(table.sets.get(FLOATING_IN, ())) if table else set()
