"""The texts of installed files, other than Apache's site and the units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODULES = ("vxlan", "veth", "bridge", "tun", "nf_tables")

MODULES_LOAD = "# What Cupola's hosts need of the kernel.\n" + "".join(f"{name}\n" for name in MODULES)

SYSCTL = """\
# Cupola's hosts forward what servers send beyond them.
net.ipv4.ip_forward = 1
"""
"""Of the machine itself nothing more: to forward IPv6 costs it the default route that a router advertised, and with
bridge-nf-call-* off others' filters on their bridges fail. Routers forward IPv6 in namespaces of their own; the agent
loads br_netfilter, and leaves its switches alone where somebody had loaded it before."""

TMPFILES = """\
# Where Apache's processes keep their figures together: a process that starts before this is there keeps its own.
d /run/cupola 0750 cupola cupola
d /run/cupola/metrics 0750 cupola cupola
"""


@dataclass(frozen=True)
class Answers:
    """What an operator says before an installation; None: as it comes."""

    role: str
    host: str
    database_url: str | None = None
    transport_url: str | None = None
    public_url: str | None = None
    control_url: str | None = None
    hypervisor: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    """Whether something else takes what comes to `public_url`, and hands it on."""
    bind: str | None = None


def settings(answers: Answers) -> str:
    """cupola.toml. What was not answered is there as a comment, with its default."""
    serves, hosts = answers.role in ("controller", "all"), answers.role in ("compute", "all")
    lines = [
        "# Settings of this machine's part of the cloud. `cupola install` made this file, and will not change it.",
        "",
        "[DEFAULT]",
        "# This machine's name among the cloud's hosts.",
        _set("host", answers.host),
    ]
    if serves:
        lines += ["# The URL by which clients reach the APIs; the catalog leads them there.", *_url(answers)]
        lines += ["# Where cupola-api.service listens.", _set("bind", answers.bind)] if answers.bind else []
    lines += [
        "# The broker. memory:// is the queue of a cloud in one process.",
        _set("transport_url", answers.transport_url, "amqp://cupola:PASSWORD@broker.example.org:5672/"),
    ]
    if hosts:
        by_bridges = answers.role == "compute" or answers.hypervisor == "libvirt"
        lines += [
            "# What runs servers: auto (KVM where it works), kvm, qemu, libvirt, simulated.",
            _set("hypervisor", answers.hypervisor, "auto"),
            "# Bridges in the machine's own network: several hosts need that for VXLAN, and libvirt does.",
            "host_network = true" if by_bridges else "# host_network = true",
        ]
    if serves:
        lines += [
            "",
            "[database]",
            "# PostgreSQL or MariaDB; an SQLite file will do for all parts on one machine.",
            _set("connection", answers.database_url, "postgresql://cupola:PASSWORD@database.example.org/cupola"),
        ]
    if answers.role == "compute":
        lines += [
            "",
            "[agent]",
            "# Where this host finds the APIs.",
            _set("control_url", answers.control_url, "https://cloud.example.org:8780"),
        ]
    return "\n".join(lines) + "\n"


def _url(answers: Answers) -> list[str]:
    if answers.public_url:
        return [_set("public_url", answers.public_url)]
    return [_set("public_url", None, "https://cloud.example.org:8780")]


def _set(name: str, value: str | None, example: str = "") -> str:
    """A line of TOML; a comment with an example where nothing was answered."""
    if value is None:
        return f'# {name} = "{example}"'
    return f'{name} = "{escaped(value)}"'


def escaped(value: str) -> str:
    """A string as it is between quotes in TOML."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
