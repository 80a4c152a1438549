"""dnsmasq's files for a network."""

from dataclasses import replace
from pathlib import Path

from cupola.network.host.plan.dhcp import dhcp_daemon
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import DhcpHost, DhcpWanted, FixedIp, HostRouteWanted, NetworkWanted, SubnetWanted

HOST = HostNetwork("ab12", "one", Path("/s"))
ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
SUBNET = SubnetWanted(ID, "10.1.0.0/24", gateway_ip="10.1.0.1")
ENTRY = DhcpHost("fa:16:3e:00:00:05", (FixedIp(ID, "10.1.0.5"),), "web")
DHCP = DhcpWanted(ID, "fa:16:3e:00:00:02", (FixedIp(ID, "10.1.0.2"),), (ENTRY,))
NETWORK = NetworkWanted(ID, 1, mtu=1450, subnets=(SUBNET,), dhcp=DHCP)


def options(subnet: SubnetWanted, dhcp: DhcpWanted = DHCP) -> list[str]:
    daemon = dhcp_daemon(replace(NETWORK, subnets=(subnet,)), dhcp, HOST)
    assert daemon
    return [line.removeprefix(f"tag:subnet-{ID},option:") for line in daemon.files["options"].splitlines()]


def test_hosts_and_names_are_those_of_the_ports() -> None:
    daemon = dhcp_daemon(NETWORK, DHCP, HOST)
    assert daemon
    assert daemon.files["hosts"] == "fa:16:3e:00:00:05,10.1.0.5,web\n"
    assert daemon.files["names"] == "10.1.0.5 web.openstacklocal web\n"
    assert daemon.leases == (("fa:16:3e:00:00:05", "10.1.0.5"),)
    assert f"dhcp-range=set:subnet-{ID},10.1.0.0,static,255.255.255.0,86400s" in daemon.files["dnsmasq.conf"]


def test_a_guest_learns_router_routes_dns_and_mtu() -> None:
    assert options(SUBNET) == [
        "router,10.1.0.1",
        "classless-static-route,169.254.169.254/32,10.1.0.2,0.0.0.0/0,10.1.0.1",
        "dns-server,10.1.0.2",
        "mtu,1450",
    ]


def test_what_the_subnet_says_comes_first() -> None:
    routes = (HostRouteWanted("10.9.0.0/16", "10.1.0.9"), HostRouteWanted("0.0.0.0/0", "10.1.0.254"))
    subnet = replace(SUBNET, dns_nameservers=("192.0.2.53", "fd00::53"), host_routes=routes)
    assert options(subnet)[1:3] == [
        "classless-static-route,10.9.0.0/16,10.1.0.9,0.0.0.0/0,10.1.0.254,169.254.169.254/32,10.1.0.2",
        "dns-server,192.0.2.53",
    ]


def test_without_a_gateway_there_is_no_default_route() -> None:
    said = options(replace(SUBNET, gateway_ip=None))
    assert said[:2] == ["router", "classless-static-route,169.254.169.254/32,10.1.0.2"]


def test_a_network_without_dhcp_has_no_process() -> None:
    assert dhcp_daemon(replace(NETWORK, subnets=(replace(SUBNET, enable_dhcp=False),)), DHCP, HOST) is None
