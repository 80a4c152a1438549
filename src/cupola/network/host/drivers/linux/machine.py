"""The machine's own network, which is only looked at: does anything of it stand in our way?

One thing it may lack: br_netfilter, which is loaded then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from cupola.base.effects import Effect
from cupola.network.host.drivers.linux.links import listed
from cupola.network.host.drivers.linux.namespaces import run
from cupola.network.host.drivers.linux.nft import refusals_to_forward
from cupola.network.host.errors import HostError
from cupola.network.host.settings import MACHINE, HostNetwork, bridge_name


def routed() -> Iterator[tuple[IPv4Network, str]]:
    """The networks that the machine has a route to, other than the default, each with its interface.

    Halves of all addresses are a default route too: so VPNs have the better of the machine's own. Raises OSError if
    routes cannot be listed.
    """
    for route in listed(MACHINE, "ip", "-4", "route", "show", "table", "main"):
        if route["dst"] != "default" and (network := IPv4Network(route["dst"])).prefixlen > 1:
            yield network, route.get("dev", "elsewhere")


def conflicts(host: HostNetwork) -> list[str]:
    """Routes of the machine that overlap with ours, in words; raises OSError if they cannot be listed."""
    if not host.own_namespace:
        return []
    ours = [*host.public, host.link[0].network]
    return [
        f"{each} is routed through {device}"
        for network, device in routed()
        for each in ours
        if device != host.machine_link and network.overlaps(each)
    ]


BRIDGE_FILTER = Path("/proc/sys/net/bridge")
"""Is there when br_netfilter is; without it all frames pass the security groups by."""


def ensure_bridge_filter(switches: Path = BRIDGE_FILTER) -> list[Effect]:
    """Load br_netfilter if it is not there: on most kernels it is a module that nothing else loads.

    The machine's own bridges stay unfiltered, as they were: ours have switches of their own. Raises HostError.
    """
    if switches.is_dir():
        return []
    what, command, start = "br_netfilter is not loaded", ["modprobe", "br_netfilter"], time.monotonic()
    try:
        complaint = run(MACHINE, command).stderr.strip()
    except OSError as error:
        complaint = str(error)
    if not switches.is_dir():
        raise HostError(
            f"the kernel's module br_netfilter is not loaded, without which no security group holds, "
            f"and `{' '.join(command)}` does not help: {complaint}"
        )
    for each in switches.glob("bridge-nf-call-*"):
        each.write_text("0")
    return [Effect(what, " ".join(command), "ok", time.monotonic() - start)]


def obstacles(host: HostNetwork, switches: Path = BRIDGE_FILTER) -> dict[str, str]:
    """What keeps the firewall of this host from having the last word, and what helps; raises OSError."""
    found = {}
    if not switches.is_dir():
        found["br_netfilter is not loaded: no security group holds"] = "modprobe br_netfilter"
    if not host.own_namespace:
        for chain in refusals_to_forward(MACHINE, "cupola-"):
            found[f"chain {chain} of another program drops what servers send each other"] = (
                f"Let it accept what comes in by {bridge_name('')}*, or start the cloud without --host-network."
            )
    return found
