"""dnsmasq's files for the router advertisements of one router, from which IPv6 guests take prefix, MTU and default."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_interface

from cupola.network.host.layout import Daemon
from cupola.network.host.settings import HostNetwork, router_link, router_owner
from cupola.network.model.wanted import RouterPortWanted, RouterWanted

_EVERY_SECONDS, _LIFETIME_SECONDS, _PREFIX_SECONDS = 60, 1800, 86400


def advertisements(doc: RouterWanted, host: HostNetwork) -> tuple[Daemon, ...]:
    """The dnsmasq that advertises `doc`, if any of its networks wants that."""
    ports = [port for port in doc.interfaces if port.advertise and any(":" in each for each in port.addresses)]
    if not ports:
        return ()
    directory = str(host.advertisements_dir(doc.router_id))
    head = (*host.dnsmasq, "port=0", "enable-ra", f"pid-file={directory}/pid")
    lines = [*head, *(line for port in ports for line in _port(port))]
    return (
        Daemon(
            owner=router_owner(doc.router_id),
            namespace=host.router_namespace(doc.router_id),
            directory=directory,
            files={"dnsmasq.conf": "".join(f"{line}\n" for line in lines)},
        ),
    )


def _port(port: RouterPortWanted) -> Iterable[str]:
    name = router_link(port.port_id)
    yield f"interface={name}"
    yield f"ra-param={name},mtu:{port.mtu},{_EVERY_SECONDS},{_LIFETIME_SECONDS}"
    for network in (ip_interface(each).network for each in port.addresses if ":" in each):
        yield f"dhcp-range={network.network_address},ra-only,{network.prefixlen},{_PREFIX_SECONDS}s"
