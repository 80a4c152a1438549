"""The layout of a whole host: its own parts, and those of all its documents."""

from __future__ import annotations

from collections.abc import Iterable

from cupola.network.host.layout import Layout
from cupola.network.host.plan.machine import host_layout
from cupola.network.host.plan.network import assign_numbers, network_layout
from cupola.network.host.plan.router import router_layout
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import NetworkWanted, RouterWanted


def zones_of(layout: Layout, host: HostNetwork) -> dict[str, int]:
    """Name and group of each bridge."""
    return {
        each.name: each.group or 0
        for each in layout.links
        if each.kind == "bridge" and each.namespace == host.namespace
    }


def whole_layout(
    host: HostNetwork, networks: Iterable[NetworkWanted], routers: Iterable[RouterWanted], observed: Layout
) -> Layout:
    """What a host with these documents looks like, with the numbers that are in use already.

    Raises ValueError if a document does not fit the others.
    """
    layout = host_layout(host)
    for network in networks:
        layout += network_layout(network, host, assign_numbers(network, host, observed + layout))
    zones = zones_of(layout, host)
    for router in routers:
        layout += router_layout(router, host, zones)
    return layout
