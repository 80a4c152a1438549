"""Everything of a host that is there, gathered from namespaces, links, tables, switches and processes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cupola.network.host.drivers.linux.dnsmasq import observe_daemon
from cupola.network.host.drivers.linux.links import namespace_owner, observe_links
from cupola.network.host.drivers.linux.namespaces import existing, inside
from cupola.network.host.drivers.linux.nft import RuleSets
from cupola.network.host.layout import Layout, Namespace, Sysctl
from cupola.network.host.settings import MACHINE, HostNetwork

_SYSCTLS = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


def observe(host: HostNetwork, rulesets: RuleSets, namespaces: Collection[str], daemons: Collection[Path]) -> Layout:
    """What is there in those of `namespaces` that exist, and of the `daemons`, each given by its directory.

    Raises OSError if it cannot be listed.
    """
    inodes = existing(host.prefix)
    layout = Layout(
        namespaces=tuple(
            Namespace(name, namespace_owner(name, host), inode) for name, inode in inodes.items() if name in namespaces
        ),
        daemons=tuple(each for directory in daemons if (each := observe_daemon(host, directory, inodes))),
    )
    for name in (each for each in namespaces if each == MACHINE or each in inodes):
        layout += observe_links(name, host)
        if name != MACHINE or not host.own_namespace:
            layout += Layout(tables=tuple(rulesets.tables(name, inodes.get(name, 0))), sysctls=_sysctls(name))
    return layout


def _sysctls(namespace: str) -> tuple[Sysctl, ...]:
    def read() -> list[Sysctl]:
        paths = [(each, Path("/proc/sys", each)) for each in _SYSCTLS]
        return [Sysctl(namespace, name, path.read_text().strip()) for name, path in paths if path.exists()]

    return tuple(inside(namespace, read))
