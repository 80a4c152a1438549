"""What the kernel must offer a host.

What is not built in or loaded may be a module that is loaded when it is used; only where there is neither, the
feature is tried, in a network namespace that ends with the attempt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Machine
from cupola.wiring import host_checks

_LINKS = {
    "veth": ("veth", "joins namespaces", ["ip", "link", "add", "cupola-check", "type", "veth"]),
    "bridge": ("bridge", "is each tenant network", ["ip", "link", "add", "cupola-check", "type", "bridge"]),
    "vxlan": (
        "vxlan",
        "joins a tenant network's hosts",
        ["ip", "link", "add", "cupola-check", "type", "vxlan", "id", "1", "dstport", "4789"],
    ),
    "tun": ("tun", "is each server's interface", ["ip", "tuntap", "add", "cupola-check", "mode", "tap"]),
    "nf_tables": ("nftables", "holds security groups and floating IPs", ["nft", "add table ip cupola_check"]),
}
CONTROLLERS = ("cpu", "memory", "pids")


def features(situation: Situation) -> Iterator[Finding]:
    """Namespaces, kinds of links, nftables, br_netfilter."""
    machine = situation.machine
    if machine.is_root and (said := machine.run("unshare", "--net", "true")).status:
        yield Finding(
            f"no network namespace can be made: {said.text.strip()}",
            "Routers and DHCP servers live in namespaces.",
            "Use a kernel with CONFIG_NET_NS, and no container that forbids it",
        )
        return
    for module, (name, use, attempt) in _LINKS.items():
        if not _offered(machine, module):
            if not machine.is_root:
                why = f"It {use}. Only root can try whether the kernel has it built in."
                yield Finding(f"{name} could not be tried", why, "Run `cupola check` as root", "unknown")
            elif (said := machine.run("unshare", "--net", *attempt)).status:
                yield Finding(
                    f"the kernel has no {name}: {said.text.strip()}", f"It {use}.", f"apt install {_kernel(machine)}"
                )
    if machine.text("/proc/sys/net/bridge/bridge-nf-call-iptables") is None and not _offered(machine, "br_netfilter"):
        yield Finding(
            "br_netfilter is neither loaded nor among the kernel's modules",
            "Without it no security group holds.",
            f"apt install {_kernel(machine)} && modprobe br_netfilter",
        )


def _kernel(machine: Machine) -> str:
    return "linux-image-amd64 (and start it)"


def _offered(machine: Machine, module: str) -> bool:
    """Whether the module is loaded, built in, or could be loaded."""
    if Path("/sys/module", module).is_dir():
        return True
    directory = Path("/lib/modules", os.uname().release)
    listed = (machine.text(directory / name) or "" for name in ("modules.builtin", "modules.dep"))
    return any(f"/{module}.ko" in text for text in listed)


def obstacles(situation: Situation) -> Iterator[Finding]:
    """What of the machine's own network is in the way of the cloud's."""
    for what, remedy in host_checks.network_obstacles(situation.settings).items():
        is_loadable = "br_netfilter" in what
        yield Finding(
            what,
            "Servers would not be protected from each other, or not reach each other.",
            remedy,
            "warning" if is_loadable else "error",  # the agent loads it
        )


def kvm(situation: Situation) -> Iterator[Finding]:
    """A probe guest really runs under KVM."""
    if situation.settings.main.hypervisor == "qemu" or not situation.machine.program("qemu-system-x86_64"):
        return
    why_not = host_checks.why_no_kvm()
    if why_not:
        yield Finding(
            f"KVM does not work here: {why_not}",
            "Servers run emulated, ten times slower and more.",
            "Switch virtualization on in the firmware (of a virtual machine: nested, in its hypervisor), "
            "then: modprobe kvm_intel || modprobe kvm_amd",
            "error" if situation.settings.main.hypervisor == "kvm" else "warning",
        )


def cgroups(situation: Situation) -> Iterator[Finding]:
    """cgroup version 2 with the controllers that bound what a guest takes."""
    offered = situation.machine.text("/sys/fs/cgroup/cgroup.controllers")
    if offered is None:
        yield Finding(
            "/sys/fs/cgroup is not cgroup version 2",
            "A server may take more of the host than its flavor says.",
            "Add systemd.unified_cgroup_hierarchy=1 to GRUB_CMDLINE_LINUX in /etc/default/grub; update-grub; reboot",
            "warning",
        )
    elif missing := [name for name in CONTROLLERS if name not in offered.split()]:
        yield Finding(
            f"cgroup controllers are missing: {', '.join(missing)}",
            "A server may take more of the host than its flavor says.",
            "Take cgroup_disable=… out of GRUB_CMDLINE_LINUX in /etc/default/grub; update-grub; reboot",
            "warning",
        )


def forwarding(situation: Situation) -> Iterator[Finding]:
    """The machine forwards what servers send beyond it."""
    if (situation.machine.text("/proc/sys/net/ipv4/ip_forward") or "").strip() == "0":
        yield Finding(
            "net.ipv4.ip_forward is 0",
            "Servers reach each other and this machine, and nothing beyond it.",
            "sysctl -w net.ipv4.ip_forward=1 (`cupola install` writes /etc/sysctl.d/60-cupola.conf)",
            "warning",
        )
