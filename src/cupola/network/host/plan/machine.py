"""The host's own parts: its namespace, the veth pair to the machine, and the routes to the public subnets."""

from __future__ import annotations

from cupola.network.host.layout import Layout, Link, Namespace, Route, Sysctl, Table
from cupola.network.host.plan.table import Chain, table
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
        tables=(_table(host),),
    )  # fmt: skip


def _table(host: HostNetwork) -> Table:
    """Lets the machine ask guests from its end of the link, and no guest ask the machine there."""
    rules = (
        f'oifname != "{UPLINK}" return',
        "ct state established,related accept",
        f"ip daddr {host.link[0].network} counter drop",
    )
    chains = {"outward": Chain(rules, "type filter hook forward priority 0; policy accept;")}
    name = f"{host.prefix}{HOST_OWNER}"
    return table(host.namespace, "inet", name, HOST_OWNER, f"host {host.name}", {}, chains)
