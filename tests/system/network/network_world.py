"""A host with its documents, and network namespaces that play its guests."""

from __future__ import annotations

import secrets
import socket
import subprocess
import uuid
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from cupola.network.host.drivers.linux.driver import LinuxNetwork
from cupola.network.host.drivers.linux.namespaces import inside, run
from cupola.network.host.examine import differences
from cupola.network.host.settings import HostNetwork, tap_name
from cupola.network.model.wanted import (
    DhcpHost,
    DhcpWanted,
    FixedIp,
    FloatingIpWanted,
    GatewayWanted,
    NetworkWanted,
    PortWanted,
    RouterPortWanted,
    RouterWanted,
    RuleWanted,
    SubnetWanted,
)

UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
env > "$LEASE"
ip link set "$interface" mtu "${mtu:-1500}"
ip address replace "$ip/$mask" dev "$interface"
set -- $staticroutes
while [ -n "$2" ]; do ip route replace "$1" via "$2" dev "$interface"; shift 2; done
"""
ANYTHING = (RuleWanted("egress", "IPv4"), RuleWanted("ingress", "IPv4"))


def ip(*args: str) -> str:
    return subprocess.run(["ip", *args], check=True, capture_output=True, text=True).stdout


@dataclass
class Guest:
    """A namespace with one interface, on the bridge under the name of the port's tap."""

    port: PortWanted
    namespace: str
    directory: Path

    @property
    def address(self) -> str:
        return self.port.fixed_ips[0].address

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        return run(self.namespace, args)

    def lease(self) -> dict[str, str] | None:
        """What DHCP gave, applied to the interface; None where there was no answer."""
        script, lease = self.directory / "udhcpc.sh", self.directory / f"{self.namespace}.lease"
        script.write_text(UDHCPC_SCRIPT)
        script.chmod(0o755)
        options = [f"-O{each}" for each in ("mtu", "staticroutes", "router", "dns", "hostname")]
        command = ["udhcpc", "-i", "eth0", "-f", "-q", "-n", "-t", "3", "-T", "1", *options, "-s", str(script)]
        done = self.run("env", f"LEASE={lease}", "busybox", *command)
        if done.returncode != 0:
            return None
        return dict(line.partition("=")[::2] for line in lease.read_text().splitlines())

    def configure(self, gateway: str = "") -> Guest:
        """Set the address without DHCP."""
        ip("-n", self.namespace, "address", "replace", f"{self.address}/24", "dev", "eth0")
        if gateway:
            ip("-n", self.namespace, "route", "replace", "default", "via", gateway)
        return self

    def reaches(self, address: str) -> bool:
        return self.run("ping", "-c1", "-W1", "-i0.2", address).returncode == 0


def connect(namespace: str, address: str, port: int) -> socket.socket:
    """A TCP connection from that namespace; raises OSError when it is refused or not answered in time."""
    return inside(namespace, lambda: socket.create_connection((address, port), timeout=1))


def source_seen(client: str, server: socket.socket, address: str, port: int) -> str:
    """Connect from namespace `client`; the address from which the server sees it come."""
    with closing(connect(client, address, port)):
        accepted, (source, _) = server.accept()
        accepted.close()
    return str(source)


def outside() -> str:
    """An address beyond the host: one of the machine that is not of the link between them."""
    if "outside" not in ip("link"):
        ip("link", "add", "outside", "type", "bridge")
        ip("address", "add", "192.0.2.1/24", "dev", "outside")
        ip("link", "set", "outside", "up")
    return "192.0.2.1"


@dataclass
class World:
    """A host with its documents: tests say what is on it and then `ensure`."""

    directory: Path
    host: HostNetwork
    driver: LinuxNetwork
    networks: dict[str, NetworkWanted] = field(default_factory=dict)
    routers: dict[str, RouterWanted] = field(default_factory=dict)
    guests: list[Guest] = field(default_factory=list)

    def network(self, cidr: str = "10.1.0", *, external: bool = False, **more: object) -> NetworkWanted:
        """A network with one /24 whose gateway is .1 and whose DHCP is .2."""
        subnet = SubnetWanted(str(uuid.uuid4()), f"{cidr}.0/24", gateway_ip=f"{cidr}.1", enable_dhcp=not external)
        dhcp = None if external else DhcpWanted(str(uuid.uuid4()), mac(), (FixedIp(subnet.subnet_id, f"{cidr}.2"),))
        doc = NetworkWanted(str(uuid.uuid4()), 1, external=external, subnets=(subnet,), dhcp=dhcp, **more)  # type: ignore[arg-type]
        self.networks[doc.network_id] = doc
        return doc

    def guest(
        self, network: NetworkWanted, last: int, rules: tuple[RuleWanted, ...] = ANYTHING, **more: object
    ) -> Guest:
        """A server with the address that ends in `last`, on the network from the next `ensure` on."""
        doc = self.networks[network.network_id]
        subnet, port_id = doc.subnets[0], str(uuid.uuid4())
        fixed = FixedIp(subnet.subnet_id, subnet.cidr.replace(".0/24", f".{last}"))
        port = PortWanted(port_id, mac(), tap_name(port_id), fixed_ips=(fixed,), rules=rules, **more)  # type: ignore[arg-type]
        entry = DhcpHost(port.mac, port.fixed_ips, f"host-{last}")
        dhcp = replace(doc.dhcp, hosts=(*doc.dhcp.hosts, entry)) if doc.dhcp else None
        self.change(doc, ports=(*doc.ports, port), dhcp=dhcp)
        guest = Guest(port, f"guest-{self.host.tag}-{len(self.guests)}", self.directory)
        self.guests.append(guest)
        ip("netns", "add", guest.namespace)
        ip("-n", guest.namespace, "link", "set", "lo", "up")
        return guest

    def change(self, network: NetworkWanted, **fields: object) -> NetworkWanted:
        """The network's document with other contents and the next generation."""
        doc = self.networks[network.network_id]
        doc = replace(doc, generation=doc.generation + 1, **fields)  # type: ignore[arg-type]
        self.networks[doc.network_id] = doc
        return doc

    def port(self, guest: Guest, **fields: object) -> None:
        """Change the port of a guest."""
        guest.port = replace(guest.port, **fields)  # type: ignore[arg-type]
        for doc in list(self.networks.values()):
            ports = tuple(guest.port if each.port_id == guest.port.port_id else each for each in doc.ports)
            if ports != doc.ports:
                self.change(doc, ports=ports)

    def router(self, *networks: NetworkWanted, external: NetworkWanted | None = None, last: int = 10) -> RouterWanted:
        """A router at .1 of each network and at .`last` of the external one."""
        gateway = None
        if external:
            subnet = external.subnets[0]
            address = subnet.cidr.replace(".0/24", f".{last}/24")
            gateway = GatewayWanted(
                str(uuid.uuid4()), external.network_id, mac(), (address,), (str(subnet.gateway_ip),)
            )
        feet = tuple(
            RouterPortWanted(str(uuid.uuid4()), each.network_id, mac(), (f"{each.subnets[0].gateway_ip}/24",))
            for each in networks
        )
        doc = RouterWanted(str(uuid.uuid4()), 1, feet, gateway)
        self.routers[doc.router_id] = doc
        return doc

    def floating(self, router: RouterWanted, **addresses: str) -> None:
        """Give the router these floating IPs: `_172_24_4_50="10.1.0.5"`."""
        floating = tuple(
            FloatingIpWanted(str(uuid.uuid4()), name[1:].replace("_", "."), fixed) for name, fixed in addresses.items()
        )
        doc = self.routers[router.router_id]
        self.routers[router.router_id] = replace(doc, generation=doc.generation + 1, floating_ips=floating)

    def ensure(self) -> None:
        """Bring the host to all documents, and plug those guests that are not yet."""
        self.driver.ensure_host()
        for doc in self.networks.values():
            self.driver.ensure_network(doc)
        if self._plug():
            for doc in self.networks.values():
                self.driver.ensure_network(doc)
        for router in self.routers.values():
            self.driver.ensure_router(router)

    def _plug(self) -> bool:
        """In the place of each tap, a veth pair into the guest's namespace."""
        plugged = False
        for guest in self.guests:
            if "eth0" not in ip("-n", guest.namespace, "link", "show"):
                at = ("-n", self.host.namespace) if self.host.namespace else ()
                ip(*at, "link", "del", guest.port.tap)
                peer = ("peer", "name", "eth0", "address", guest.port.mac, "netns", guest.namespace)
                ip(*at, "link", "add", guest.port.tap, "type", "veth", *peer)
                ip("-n", guest.namespace, "link", "set", "eth0", "up")
                plugged = True
        return plugged

    def differences(self) -> list[str]:
        """What the doctor would say."""
        found = differences(self.host, self.networks.values(), self.routers.values(), self.driver.observe())
        return [change.what for each in found.values() for change in each]

    def close(self) -> None:
        for guest in self.guests:
            ip("netns", "del", guest.namespace)
        self.driver.remove_host()


def mac() -> str:
    return "fa:16:3e:" + ":".join(f"{each:02x}" for each in secrets.token_bytes(3))


def make_world(directory: Path, **settings: object) -> World:
    directory.mkdir(exist_ok=True)
    host = HostNetwork(secrets.token_hex(2), "test", directory, **settings)  # type: ignore[arg-type]
    return World(directory, host, LinuxNetwork(host))
