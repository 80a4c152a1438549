"""The machine's own network, which is only looked at: does anything of it stand in our way?"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from cupola.network.host.drivers.linux.links import listed
from cupola.network.host.settings import MACHINE, HostNetwork


def routed() -> Iterator[tuple[IPv4Network, str]]:
    """The networks that the machine has a route to, other than the default, each with its interface.

    Raises OSError if they cannot be listed.
    """
    for route in listed(MACHINE, "ip", "-4", "route", "show", "table", "main"):
        if route["dst"] != "default":
            yield IPv4Network(route["dst"]), route.get("dev", "elsewhere")


def conflicts(host: HostNetwork) -> list[str]:
    """Routes of the machine that overlap with ours, in words; raises OSError if they cannot be listed."""
    if not host.own_namespace:
        return []
    ours = [*host.public, host.link[0].network]
    return [
        f"{each} is routed through {device}"
        for network, device in routed()
        for each in ours
        if network.prefixlen and device != host.machine_link and network.overlaps(each)
    ]
