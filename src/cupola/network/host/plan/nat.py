"""Address translation of a router: floating IPs both ways, SNAT for the rest, and the way to the metadata service."""

from __future__ import annotations

from ipaddress import ip_interface

from cupola.network.host.layout import Table
from cupola.network.host.plan.table import Chain, Set, table
from cupola.network.host.settings import HostNetwork, gateway_link, router_owner
from cupola.network.model.wanted import RouterWanted

METADATA_PORT = 9697
FLOATING_IN = "floating-in"
"""Map from floating to fixed address."""


def nat_table(doc: RouterWanted, host: HostNetwork) -> Table:
    """The router's table of the ip family."""
    owner = router_owner(doc.router_id)
    floating = {each.floating_address: each.fixed_address for each in doc.floating_ips} if doc.gateway else {}
    sets = {
        FLOATING_IN: Set("ipv4_addr : ipv4_addr", floating),
        "floating-out": Set("ipv4_addr : ipv4_addr", {fixed: address for address, fixed in floating.items()}),
    }
    metadata = f'iifname "qr-*" ip daddr 169.254.169.254 tcp dport 80 redirect to :{METADATA_PORT}'
    chains = {
        "prerouting": Chain(
            (metadata, "dnat to ip daddr map @floating-in"),
            "type nat hook prerouting priority -100; policy accept;",
        ),
        "postrouting": Chain(tuple(_sources(doc)), "type nat hook postrouting priority 100; policy accept;"),
        "input": Chain(
            (f"tcp dport {METADATA_PORT} ct status dnat accept", f"tcp dport {METADATA_PORT} drop"),
            "type filter hook input priority 0; policy accept;",
        ),
    }
    return table(
        host.router_namespace(doc.router_id),
        "ip",
        f"{host.prefix}{owner}",
        owner,
        f"router {doc.router_id}",
        sets,
        chains,
    )


def _sources(doc: RouterWanted) -> list[str]:
    """What leaves gets an outside address; so does what comes from inside to a floating IP, or its answer would not
    come back this way."""
    if doc.gateway is None:
        return []
    out = f'oifname "{gateway_link(doc.gateway.port_id)}"'
    back = 'oifname "qr-*" ct status dnat'
    own = [str(interface.ip) for each in doc.gateway.addresses if (interface := ip_interface(each)).version == 4]
    inside = [
        str(interface.network)
        for port in doc.interfaces
        for each in port.addresses
        if (interface := ip_interface(each)).version == 4
    ]
    rules = [f"{out} snat to ip saddr map @floating-out", f"{back} snat to ip saddr map @floating-out"]
    if own and inside:
        rules.append(f"{back} ip saddr {{ {', '.join(dict.fromkeys(inside))} }} snat to {own[0]}")
    if own and doc.enable_snat:
        rules.append(f"{out} snat to {own[0]}")
    return rules
