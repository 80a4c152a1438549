"""dnsmasq's files for the DHCP and DNS service of one network."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from cupola.network.host.layout import Daemon
from cupola.network.host.settings import HostNetwork, dhcp_link, network_owner
from cupola.network.model.wanted import DhcpWanted, NetworkWanted, SubnetWanted

METADATA_ADDRESS = "169.254.169.254"
_LEASE_SECONDS = 86400


def dhcp_daemon(doc: NetworkWanted, dhcp: DhcpWanted, host: HostNetwork) -> Daemon | None:
    """The dnsmasq that serves `doc`; None where no subnet wants DHCP."""
    subnets = [each for each in doc.subnets if each.enable_dhcp and each.ip_version == 4]
    if not subnets:
        return None
    directory = host.dhcp_dir(doc.network_id)
    served = {each.subnet_id for each in subnets}
    leases = [
        (entry.mac, fixed.address) for entry in dhcp.hosts for fixed in entry.fixed_ips if fixed.subnet_id in served
    ]
    return Daemon(
        owner=network_owner(doc.network_id),
        namespace=host.dhcp_namespace(doc.network_id),
        directory=str(directory),
        files={
            "dnsmasq.conf": _lines(_configuration(dhcp, subnets, host, str(directory))),
            "hosts": _lines(
                f"{entry.mac},{fixed.address},{entry.hostname}" if entry.hostname else f"{entry.mac},{fixed.address}"
                for entry in dhcp.hosts
                for fixed in entry.fixed_ips
                if fixed.subnet_id in served
            ),
            "options": _lines(line for subnet in subnets for line in _options(doc, dhcp, subnet)),
            "names": _lines(
                f"{fixed.address} {entry.hostname}.{host.dns_domain} {entry.hostname}"
                for entry in dhcp.hosts
                for fixed in entry.fixed_ips
                if entry.hostname
            ),
        },
        leases=tuple(sorted(leases)),
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _configuration(dhcp: DhcpWanted, subnets: list[SubnetWanted], host: HostNetwork, directory: str) -> Iterable[str]:
    yield from (*host.dnsmasq, "no-hosts", "no-resolv", f"interface={dhcp_link(dhcp.port_id)}")
    yield from ("dhcp-authoritative", "dhcp-no-override", "dhcp-lease-max=65536")
    yield from (f"domain={host.dns_domain}", f"local=/{host.dns_domain}/")
    yield from (f"pid-file={directory}/pid", f"dhcp-leasefile={directory}/leases")
    yield from (f"dhcp-hostsfile={directory}/hosts", f"dhcp-optsfile={directory}/options")
    yield f"addn-hosts={directory}/names"
    for subnet in subnets:
        network = ip_network(subnet.cidr)
        tag = f"set:subnet-{subnet.subnet_id}"
        yield f"dhcp-range={tag},{network.network_address},static,{network.netmask},{_LEASE_SECONDS}s"


def _options(doc: NetworkWanted, dhcp: DhcpWanted, subnet: SubnetWanted) -> Iterable[str]:
    """Options of one subnet. A client that takes option 121 ignores the router option: the default route is in both."""
    tag = f"tag:subnet-{subnet.subnet_id}"
    own = [fixed.address for fixed in dhcp.fixed_ips if fixed.subnet_id == subnet.subnet_id]
    routes = [(route.destination, route.nexthop) for route in subnet.host_routes if ":" not in route.nexthop]
    if own and not any(destination == f"{METADATA_ADDRESS}/32" for destination, _ in routes):
        routes.append((f"{METADATA_ADDRESS}/32", own[0]))
    if subnet.gateway_ip:
        yield f"{tag},option:router,{subnet.gateway_ip}"
        if not any(destination == "0.0.0.0/0" for destination, _ in routes):
            routes.append(("0.0.0.0/0", subnet.gateway_ip))
    else:
        yield f"{tag},option:router"
    if routes:
        yield f"{tag},option:classless-static-route," + ",".join(f"{there},{via}" for there, via in routes)
    if servers := [each for each in subnet.dns_nameservers if ":" not in each] or own:
        yield f"{tag},option:dns-server,{','.join(servers)}"
    yield f"{tag},option:mtu,{doc.mtu}"
