"""Differences of interfaces and their addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from cupola.network.host.changes.change import Change
from cupola.network.host.changes.namespaces import unwanted_namespaces
from cupola.network.host.layout import Layout, Link

_Key = tuple[str, str]
NF_CALL = ("nf_call_iptables", "nf_call_ip6tables")
"""With these br_netfilter hands the frames of a bridge to the inet rules, whatever the machine's sysctl says."""
_FILTERED = ("type", "bridge", *(word for name in NF_CALL for word in (name, "1")))


def link_removals(wanted: Layout, observed: Layout, owner: str | None) -> list[Change]:
    """Interfaces that are not wanted, and those that must be made anew.

    What is in a namespace goes with it. With one end of a veth pair the other goes too: a removal that finds nothing
    is done.
    """
    want, dying = {each.key for each in wanted.links}, set(unwanted_namespaces(wanted, observed, owner))
    unwanted = [
        each
        for each in observed.links
        if each.key not in want
        and each.owner
        and owner in (None, each.owner)
        and each.namespace not in dying
        and each.kind != "loopback"
    ]
    return [
        *(_ip(f"link {each.name} is not wanted", each.namespace, "link", "del", each.name) for each in unwanted),
        *(
            _ip(f"link {name} must be made anew", namespace, "link", "del", name)
            for namespace, name in sorted(_broken(wanted, observed))
        ),
    ]


def link_additions(wanted: Layout, observed: Layout) -> list[Change]:
    """Interfaces to make, then their attributes, then their addresses; bridges first, the masters of others."""
    broken = _broken(wanted, observed)
    have = {each.key: each for each in observed.links if each.key not in broken}
    links = sorted(wanted.links, key=lambda each: each.kind != "bridge")
    return [
        *(change for link in links if link.key not in have for change in _creation(link)),
        *(change for link in links for change in _attributes(link, have.get(link.key))),
        *(change for link in links for change in _addresses(link, have.get(link.key))),
    ]


def _broken(wanted: Layout, observed: Layout) -> set[_Key]:
    """Observed interfaces that stand in the way of a wanted one: a lone end of a pair, a tunnel from elsewhere."""
    have: Mapping[_Key, Link] = {each.key: each for each in observed.links}
    broken: set[_Key] = set()
    for link in wanted.links:
        if link.peer and not (link.key in have and link.peer in have):
            broken |= {link.key, link.peer} & set(have)
        if link.vxlan and link.key in have and not _same_tunnel(link, have[link.key]):
            broken.add(link.key)
    return broken


def _same_tunnel(wanted: Link, observed: Link) -> bool:
    one, other = wanted.vxlan, observed.vxlan
    return bool(one and other and (one.vni, one.local, one.port) == (other.vni, other.local, other.port))


def _ip(what: str, namespace: str, *args: str) -> Change:
    return Change(what, "ip", namespace, args)


def _creation(link: Link) -> Iterator[Change]:
    what, name = f"{link.kind} {link.name} is missing", link.name
    if link.kind == "bridge":
        options = ("stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        yield _ip(what, link.namespace, "link", "add", name, *_FILTERED, *options)
    elif link.kind == "tap":
        user = () if link.user is None else ("user", str(link.user))
        yield _ip(what, link.namespace, "tuntap", "add", "dev", name, "mode", "tap", *user)
    elif link.vxlan:
        tunnel = link.vxlan
        target = ("netns", link.namespace) if link.namespace != tunnel.underlay else ()
        tunnel_options = ("id", str(tunnel.vni), "local", tunnel.local, "dstport", str(tunnel.port), "nolearning")
        yield _ip(what, tunnel.underlay, "link", "add", "name", name, *target, "type", "vxlan", *tunnel_options)
    elif link.peer:
        namespace, peer = link.peer
        target = ("netns", namespace) if namespace != link.namespace else ()
        yield _ip(what, link.namespace, "link", "add", name, "type", "veth", "peer", "name", peer, *target)


def _attributes(link: Link, have: Link | None) -> Iterator[Change]:
    """One command with all attributes that differ. Quiet is a new link before it: being up comes before all else."""
    if link.quiet and have is None:
        what = f"link {link.name} is new"
        yield _ip(what, link.namespace, "link", "set", "dev", link.name, "addrgenmode", "none")
    args: list[str] = []
    if link.alias and (have is None or have.alias != link.alias):
        args += ["alias", link.alias]
    if link.mtu and (have is None or have.mtu != link.mtu):
        args += ["mtu", str(link.mtu)]
    if link.mac and (have is None or have.mac != link.mac):
        args += ["address", link.mac]
    if link.group is not None and (have is None or have.group != link.group):
        args += ["group", str(link.group)]
    if link.master and (have is None or have.master != link.master):
        args += ["master", link.master]
    if link.up and (have is None or not have.up):
        args += ["up"]
    if link.filtered and have and not have.filtered:
        what = f"bridge {link.name} hands its frames to no security group"
        yield _ip(what, link.namespace, "link", "set", "dev", link.name, *_FILTERED)
    if args:
        what = f"link {link.name} lacks {' '.join(args)}" if have else f"link {link.name} is new"
        yield _ip(what, link.namespace, "link", "set", "dev", link.name, *args)
    if link.vxlan and (have is None or have.master != link.master):
        options = ("type", "bridge_slave", "learning", "off", "neigh_suppress", "on")
        yield _ip(f"tunnel {link.name} is new on its bridge", link.namespace, "link", "set", "dev", link.name, *options)


def _addresses(link: Link, have: Link | None) -> Iterator[Change]:
    """Addresses; a router says aloud which MAC has its new ones, so that neighbours forget who had them before."""
    existing = set(have.addresses) if have else set()
    for address in sorted(existing - set(link.addresses)):
        what = f"address {address} on {link.name} is not wanted"
        yield _ip(what, link.namespace, "address", "del", address, "dev", link.name)
    added = [address for address in link.addresses if address not in existing]
    for address in added:
        what = f"address {address} on {link.name} is missing"
        nodad = ("nodad",) if ":" in address else ()
        yield _ip(what, link.namespace, "address", "add", address, "dev", link.name, *nodad)
    for address in added:
        if link.owner.startswith("r-") and ":" not in address:
            plain = str(ip_interface(address).ip)
            yield Change(f"neighbours may not know {plain}", "announce", link.namespace, (link.name, plain))
