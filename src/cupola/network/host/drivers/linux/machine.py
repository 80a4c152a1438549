"""The machine's own network, which is only looked at: does anything of it stand in our way?"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

from cupola.network.host.drivers.linux.links import listed
from cupola.network.host.settings import MACHINE, HostNetwork


def conflicts(host: HostNetwork) -> list[str]:
    """Routes of the machine that overlap with ours, in words; raises OSError if they cannot be listed."""
    if not host.own_namespace:
        return []
    ours = [*host.public, host.link[0].network]
    found = []
    for route in listed(MACHINE, "ip", "-4", "route", "show", "table", "main"):
        network = IPv4Network(0) if route["dst"] == "default" else ip_network(route["dst"])
        if network.prefixlen == 0 or route.get("dev") == host.machine_link:
            continue
        found += [
            f"{each} is routed through {route.get('dev', 'elsewhere')}" for each in ours if network.overlaps(each)
        ]
    return found
