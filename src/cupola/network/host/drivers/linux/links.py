"""Interfaces, routes and tunnel entries as `ip` and `bridge` list them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from cupola.network.host.changes.links import NF_CALL
from cupola.network.host.drivers.linux.namespaces import run
from cupola.network.host.layout import Forwarding, Layout, Link, Neighbour, Route, Vxlan
from cupola.network.host.settings import HOST_OWNER, MACHINE, HostNetwork, network_owner, router_owner

_KINDS = {"tun": "tap"}
_RESOURCE = re.compile(r"(?:.* )?(network|router) ([0-9A-Za-z-]+)")


def observe_links(namespace: str, host: HostNetwork) -> Layout:
    """Interfaces, routes and tunnel entries of one namespace; raises OSError if they cannot be listed.

    Of the others' interfaces only those that may be in the way of a tap, or whose group cannot be a zone of ours.
    """
    raw = listed(namespace, "ip", "-d", "address", "show")
    if namespace == MACHINE and host.own_namespace:
        raw = [each for each in raw if each["ifname"] == host.machine_link]
    masters = {each["ifname"]: each for each in raw}
    listed_links = (_link(namespace, each, _owner(namespace, each, masters, host)) for each in raw)
    links = tuple(each for each in listed_links if each.owner or each.group or each.name.startswith("tap"))
    names = {each.name for each in links}
    tunnels = [each.name for each in links if each.kind == "vxlan"]
    return Layout(
        links=links,
        routes=tuple(each for each in _routes(namespace) if each.device in names),
        forwarding=tuple(entry for name in tunnels for entry in _forwarding(namespace, name)),
        neighbours=tuple(entry for name in tunnels for entry in _neighbours(namespace, name)),
    )


def listed(namespace: str, tool: str, *args: str) -> list[dict[str, Any]]:
    """What `tool` lists in `namespace`; raises OSError with its complaint."""
    command = [tool, *(["-n", namespace] if namespace else []), "-j", *args]
    done = run(MACHINE, command)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    listed: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return [each for each in listed if each]


def _link(namespace: str, raw: dict[str, Any], owner: str) -> Link:
    info = raw.get("linkinfo", {})
    kind = "loopback" if raw["link_type"] == "loopback" else str(info.get("info_kind", ""))
    data = info.get("info_data", {})
    vxlan = Vxlan(data["id"], data.get("local", ""), data["port"], "") if kind == "vxlan" and "id" in data else None
    return Link(
        namespace=namespace,
        name=raw["ifname"],
        kind=_KINDS.get(kind, kind),
        owner=owner,
        alias=raw.get("ifalias", ""),
        mtu=raw["mtu"],
        mac=raw.get("address"),
        master=raw.get("master"),
        addresses=tuple(sorted(_addresses(raw, kind))),
        up="UP" in raw["flags"],
        group=int(raw["group"]) if str(raw.get("group", "")).isdecimal() else 0,
        filtered=all(data.get(each) == 1 for each in NF_CALL) if kind == "bridge" else None,
        vxlan=vxlan,
    )


def _addresses(raw: dict[str, Any], kind: str) -> Iterator[str]:
    """Those that were given; not the loopback's, and not what IPv6 makes itself."""
    for each in raw["addr_info"]:
        if kind != "loopback" and not each.get("local", "fe80:").startswith("fe80:"):
            yield f"{each['local']}/{each['prefixlen']}"


def _owner(namespace: str, raw: dict[str, Any], masters: dict[str, dict[str, Any]], host: HostNetwork) -> str:
    """Whose the interface is: its alias says it, or else its bridge, or the namespace it is in."""
    alias, ours = raw.get("ifalias", ""), host.alias("")
    if alias.startswith(ours) and (found := _RESOURCE.fullmatch(alias.removeprefix(ours))):
        return network_owner(found[2]) if found[1] == "network" else router_owner(found[2])
    if namespace == MACHINE and raw["ifname"] == host.machine_link:
        return HOST_OWNER
    if namespace == host.namespace:
        master = masters.get(raw.get("master", ""))
        if master and raw["ifname"].startswith("tap"):
            return _owner(namespace, master, {}, host)
        return HOST_OWNER if host.own_namespace else ""
    return namespace_owner(namespace, host)


def namespace_owner(namespace: str, host: HostNetwork) -> str:
    """Whose a namespace is, by its name."""
    rest = namespace.removeprefix(host.prefix)
    if namespace in (MACHINE, rest):
        return ""
    if namespace == host.namespace:
        return HOST_OWNER
    return f"n-{rest[2:]}" if rest.startswith("d-") else rest


def _routes(namespace: str) -> Iterator[Route]:
    for family in ("-4", "-6"):
        for raw in listed(namespace, "ip", family, "route", "show", "table", "main"):
            if "gateway" in raw and raw.get("protocol") not in ("kernel", "ra", "dhcp"):
                destination = raw["dst"]
                if destination == "default":
                    destination = "default" if family == "-4" else "::/0"
                else:
                    destination = str(ip_network(destination))
                yield Route(namespace, destination, raw["gateway"], raw["dev"])


def _forwarding(namespace: str, device: str) -> Iterator[Forwarding]:
    for raw in listed(namespace, "bridge", "fdb", "show", "dev", device):
        if "dst" in raw:
            yield Forwarding(namespace, device, raw["mac"], raw["dst"])


def _neighbours(namespace: str, device: str) -> Iterator[Neighbour]:
    for raw in listed(namespace, "ip", "neigh", "show", "dev", device, "nud", "permanent"):
        yield Neighbour(namespace, device, raw["dst"], raw.get("lladdr", ""))
