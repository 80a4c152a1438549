"""The programs that parts of a cloud run, and their Debian packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cupola.install.checks.finding import Finding, Situation


@dataclass(frozen=True)
class Program:
    """A program, its package, what it is for, and the oldest version that Cupola is known to work with."""

    name: str
    package: str
    use: str
    since: tuple[int, int] | None = None
    version: str = "--version"


ON_HOSTS = (
    Program("qemu-system-x86_64", "qemu-system-x86", "runs the servers", (7, 2)),
    Program("qemu-img", "qemu-utils", "makes their disks", (7, 2)),
    Program("ip", "iproute2", "makes bridges, taps and namespaces", (6, 1), "-V"),
    Program("nft", "nftables", "is what security groups and floating IPs are inspected with", (1, 0)),
    Program("conntrack", "conntrack", "ends connections whose rule was taken away"),
    Program("dnsmasq", "dnsmasq-base", "answers DHCP and DNS in tenant networks", (2, 85)),
    Program("arping", "iputils-arping", "tells neighbours that a floating IP moved"),
    Program("modprobe", "kmod", "loads br_netfilter and vxlan"),
    Program("genisoimage", "genisoimage", "makes config drives"),
    Program("nsenter", "util-linux", "starts servers in the cloud's network namespace"),
    Program("setpriv", "util-linux", "starts each server as a user of its own"),
)
BINDING = "/usr/lib/python3/dist-packages/libvirt.py"
WITH_LIBVIRT = (Program("libvirtd", "libvirt-daemon-system", "runs the servers", (9, 0)),)
ON_CONTROLLERS = (
    Program("qemu-img", "qemu-utils", "looks at uploaded images", (7, 2)),
    Program("mke2fs", "e2fsprogs", "makes the guest image that a new cloud starts with"),
    Program("cpio", "cpio", "makes the guest image that a new cloud starts with"),
)


def programs(situation: Situation) -> Iterator[Finding]:
    """Everything that is run is there, and not older than what it was tested with."""
    libvirt = situation.hosts and situation.settings.main.libvirt
    wanted = (ON_HOSTS if situation.hosts else ()) + (ON_CONTROLLERS if situation.serves else ())
    wanted += WITH_LIBVIRT if libvirt else ()
    for program in dict.fromkeys(wanted):
        if situation.machine.program(program.name) is None:
            yield Finding(f"{program.name} is missing", f"It {program.use}.", f"apt install {program.package}")
        elif program.since is not None:
            yield from _too_old(situation, program, program.since)
    if libvirt and situation.machine.text(BINDING) is None:
        what = "the Python binding of libvirt is missing"
        yield Finding(what, "The agent speaks with libvirtd by it.", "apt install python3-libvirt", "warning")


def _too_old(situation: Situation, program: Program, since: tuple[int, int]) -> Iterator[Finding]:
    said = situation.machine.run(program.name, program.version).text
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None:
        why = f"{program.name} {program.version} said: {said.strip()[:200]}"
        yield Finding(f"{program.name} does not say its version", why, f"apt install --reinstall {program.package}")
    elif (version := (int(found[1]), int(found[2]))) < since:
        yield Finding(
            f"{program.name} is version {version[0]}.{version[1]}",
            f"Cupola was tested with {since[0]}.{since[1]} and later.",
            f"apt install --only-upgrade {program.package}",
            "warning",
        )


def web_server(situation: Situation) -> Iterator[Finding]:
    """Apache with mod_wsgi, which serves the APIs of an installed cloud."""
    packages = {"apache2": "/usr/sbin/apache2", "libapache2-mod-wsgi-py3": "/etc/apache2/mods-available/wsgi.load"}
    missing = [name for name, file in packages.items() if situation.machine.text(file) is None]
    if missing:
        yield Finding(
            f"not installed: {', '.join(missing)}",
            "Apache serves the APIs in production; without it cupola-api.service does.",
            f"apt install {' '.join(missing)}",
            "warning",
        )
