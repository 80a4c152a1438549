"""The host's own parts: its namespace, the veth pair to the machine, and the routes to the public subnets."""

from __future__ import annotations

from cupola.network.host.layout import Layout, Link, Namespace, Route, Sysctl
from cupola.network.host.settings import HOST_OWNER, MACHINE, UPLINK, HostNetwork


def host_layout(host: HostNetwork) -> Layout:
    """What the host has before any network is on it. The machine gets one link, one address and its routes, no more."""
    namespace = host.namespace
    if not host.own_namespace:
        return Layout()
    machine, inside = host.link
    alias = host.alias(f"host {host.name}")
    return Layout(
        namespaces=(Namespace(namespace, HOST_OWNER),),
        links=(
            Link(namespace, "lo", "loopback", HOST_OWNER),
            Link(
                MACHINE, host.machine_link, "veth", HOST_OWNER, alias, addresses=(str(machine),), quiet=True,
                peer=(namespace, UPLINK),
            ),
            Link(namespace, UPLINK, "veth", HOST_OWNER, alias, addresses=(str(inside),), quiet=True),
        ),
        routes=(
            Route(namespace, "default", str(machine.ip), UPLINK),
            *(Route(MACHINE, str(each), str(inside.ip), host.machine_link) for each in host.public),
        ),
        sysctls=(Sysctl(namespace, "net/ipv4/ip_forward", "1"),),
    )  # fmt: skip
