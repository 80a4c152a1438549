"""Each check of the machine itself: silent where all is well, else one finding that names thing and remedy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from tests.unit.install.machines import SaidMachine, situation, worst

from cupola.install.checks import CHECKS, examine
from cupola.install.checks.clocks import control_plane
from cupola.install.checks.finding import Check, Finding, Situation
from cupola.install.checks.kernel import cgroups, features, forwarding
from cupola.install.checks.ports import ports, tunnel_port
from cupola.install.checks.programs import ON_HOSTS, programs, web_server
from cupola.install.checks.storage import disk_space, state_directory
from cupola.install.checks.system import apparmor, selinux, systemd
from cupola.install.machine import Answer, Listener

NEW = Answer(0, "version 99.1")
DNSMASQ = {"/sys/kernel/security/apparmor/profiles": "/usr/sbin/dnsmasq (enforce)\n/usr/sbin/cupsd (enforce)\n"}

APACHE = "/usr/sbin/apache2 -k start"
SITE = {"/etc/apache2/sites-enabled/cupola.conf": "Listen 8780\nListen 10.0.0.1:8774\nListen 5000\n"}

Look = Callable[[Situation], Iterable[Finding]]


@pytest.mark.parametrize(
    ("look", "machine"),
    [
        (systemd, SaidMachine(files={"/proc/1/comm": "systemd\n"})),
        (selinux, SaidMachine(files={"/sys/fs/selinux/enforce": "0"})),
        (apparmor, SaidMachine()),
        (programs, SaidMachine(answers={"": NEW})),
        (ports, SaidMachine(listening=[Listener("tcp", "0.0.0.0", 80, "nginx")])),
        (ports, SaidMachine(files=SITE, listening=[Listener("tcp", "0.0.0.0", 8780, APACHE)])),
        (ports, SaidMachine(files=SITE, listening=[Listener("tcp", "127.0.0.1", 8774, "nova-api")])),
        (ports, SaidMachine(listening=[Listener("tcp", "0.0.0.0", 8780, "/usr/bin/cupola api")])),
        (tunnel_port, SaidMachine(listening=[Listener("udp", "0.0.0.0", 4789, "")])),
        (cgroups, SaidMachine(files={"/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids"})),
        (forwarding, SaidMachine(files={"/proc/sys/net/ipv4/ip_forward": "1\n"})),
    ],
)
def test_nothing_is_said_of_what_is_well(look: Look, machine: SaidMachine, tmp_path: Path) -> None:
    assert list(look(situation(machine, tmp_path))) == []


@pytest.mark.parametrize(
    ("look", "machine", "severity", "what", "remedy"),
    [
        (systemd, SaidMachine(files={"/proc/1/comm": "init\n"}), "warning", "systemd is not process 1", "ExecStart"),
        (selinux, SaidMachine(files={"/sys/fs/selinux/enforce": "1"}), "error", "SELinux is enforcing", "setenforce 0"),
        (apparmor, SaidMachine(files=DNSMASQ), "error", "AppArmor confines dnsmasq", "apparmor_parser -r"),
        (web_server, SaidMachine(), "warning", "libapache2-mod-wsgi-py3", "apt install apache2"),
        (
            ports,
            SaidMachine(listening=[Listener("tcp", "0.0.0.0", 8780, "nginx")]),
            "error",
            "port 8780 is taken by nginx",
            "ss -ltnp",
        ),
        (
            ports,
            SaidMachine(listening=[Listener("tcp", "0.0.0.0", 5000, APACHE)]),
            "error",
            "port 5000 is taken by /usr/sbin/apache2",
            "ss -ltnp sport = :5000",
        ),
        (
            ports,
            SaidMachine(files=SITE, listening=[Listener("tcp", "::", 5000, "docker-registry")]),
            "error",
            "port 5000 is taken by docker-registry",
            "ss -ltnp sport = :5000",
        ),
        (
            ports,
            SaidMachine(files=SITE, listening=[Listener("tcp", "127.0.0.1", 8780, "python3 -m cupola.cli.main up")]),
            "error",
            "port 8780 is taken by python3 -m cupola.cli.main up",
            "ss -ltnp sport = :8780",
        ),
        (
            tunnel_port,
            SaidMachine(listening=[Listener("udp", "::", 4789, "ovs")]),
            "error",
            "UDP port 4789 is taken by ovs",
            "ss -lunp",
        ),
        (cgroups, SaidMachine(), "warning", "not cgroup version 2", "unified_cgroup_hierarchy=1"),
        (
            cgroups,
            SaidMachine(files={"/sys/fs/cgroup/cgroup.controllers": "cpu io pids"}),
            "warning",
            "missing: memory",
            "cgroup_disable",
        ),
        (
            forwarding,
            SaidMachine(files={"/proc/sys/net/ipv4/ip_forward": "0\n"}),
            "warning",
            "ip_forward is 0",
            "sysctl -w net.ipv4.ip_forward=1",
        ),
        (
            features,
            SaidMachine(answers={"unshare --net true": Answer(1, "Operation not permitted")}),
            "error",
            "no network namespace can be made: Operation not permitted",
            "CONFIG_NET_NS",
        ),
    ],
)
def test_what_is_in_the_way_is_named_with_its_remedy(
    look: Look, machine: SaidMachine, severity: str, what: str, remedy: str, tmp_path: Path
) -> None:
    (finding,) = look(situation(machine, tmp_path))
    assert (finding.severity, what in finding.what, remedy in finding.remedy) == (severity, True, True), finding


def test_a_program_that_is_missing_or_old_is_named_with_its_package(tmp_path: Path) -> None:
    there = frozenset({"qemu-system-x86_64", "qemu-img", "ip", "nft", "conntrack", "arping", "modprobe"}) | {
        *("genisoimage", "nsenter", "setpriv")
    }
    machine = SaidMachine(programs=there, answers={"qemu-system-x86_64": Answer(0, "QEMU 5.2.0"), "": NEW})
    found = {finding.what: finding.remedy for finding in programs(situation(machine, tmp_path, "compute"))}
    assert found == {
        "qemu-system-x86_64 is version 5.2": "apt install --only-upgrade qemu-system-x86",
        "dnsmasq is missing": "apt install dnsmasq-base",
    }


def test_a_host_with_libvirt_needs_that_and_its_binding(tmp_path: Path) -> None:
    libvirt = {"DEFAULT": {"hypervisor": "libvirt", "host_network": True}}
    there = frozenset(program.name for program in ON_HOSTS)
    machine = SaidMachine(programs=there, answers={"": NEW})
    found = {finding.what: finding.remedy for finding in programs(situation(machine, tmp_path, "compute", **libvirt))}
    assert found == {
        "libvirtd is missing": "apt install libvirt-daemon-system",
        "the Python binding of libvirt is missing": "apt install python3-libvirt",
    }


def test_a_local_rule_for_our_directory_satisfies_apparmor(tmp_path: Path) -> None:
    local = {"/etc/apparmor.d/local/usr.sbin.dnsmasq": f"{tmp_path}/network/** rw,\n"}
    assert list(apparmor(situation(SaidMachine(files=DNSMASQ | local), tmp_path))) == []


def test_a_feature_that_no_module_file_offers_is_tried_in_a_namespace_that_ends(tmp_path: Path) -> None:
    machine = SaidMachine(
        files={"/proc/sys/net/bridge/bridge-nf-call-iptables": "0"},
        answers={"unshare --net ip link add cupola-check type vxlan": Answer(2, "Error: Unknown device type.")},
    )
    found = list(features(situation(machine, tmp_path)))
    assert all(words[:2] == ("unshare", "--net") for words in machine.asked)
    tried = any("vxlan" in words for words in machine.asked)  # not where this machine has it loaded
    assert worst(found) == ([("error", "the kernel has no vxlan: Error: Unknown device type.")] if tried else [])


def test_secrets_that_everybody_may_read_are_errors(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    tmp_path.chmod(0o711)
    found = [finding.remedy for finding in state_directory(situation(SaidMachine(), tmp_path))]
    assert f"chmod o= {tmp_path}/keys" in found
    (tmp_path / "keys").chmod(0o700)
    assert f"chmod o= {tmp_path}/keys" not in [f.remedy for f in state_directory(situation(SaidMachine(), tmp_path))]


@pytest.mark.parametrize(("mode", "what"), [(0o777, "may put files there"), (0o700, "cannot pass through")])
def test_the_state_directory_is_passed_through_by_guests_and_changed_by_nobody(
    mode: int, what: str, tmp_path: Path
) -> None:
    tmp_path.chmod(mode)
    whys = [finding.why for finding in state_directory(situation(SaidMachine(), tmp_path))]
    tmp_path.chmod(0o755)
    assert any(what in why for why in whys)


def test_room_is_looked_for_where_the_directory_will_be(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)
    found = list(disk_space(situation(SaidMachine(), tmp_path / "not" / "yet")))
    assert all(str(tmp_path) in finding.what for finding in found)
    assert bool(found) == (free.f_bavail * free.f_frsize < 10 << 30)


def test_a_check_that_fails_is_a_finding_and_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    def fails(situation: Situation) -> Iterable[Finding]:
        raise RuntimeError("no such thing")

    def always(situation: Situation) -> bool:
        return True

    checks = (Check("one", always, fails), Check("two", always, lambda situation: []))
    one, two = examine(situation(SaidMachine(), tmp_path), checks)
    assert worst(list(one.findings)) == [("unknown", "it could not be looked at: RuntimeError: no such thing")]
    assert (two.check, two.findings) == ("two", ())


def test_a_role_is_spared_what_does_not_matter_to_it(tmp_path: Path) -> None:
    def names(role: str, **sections: dict[str, object]) -> set[str]:
        return {check.name for check in CHECKS if check.applies(situation(SaidMachine(), tmp_path, role, **sections))}

    assert "database" not in names("compute")
    assert {"KVM", "control plane"} & names("controller") == set()
    assert "control plane" not in names("all")
    assert "KVM" not in names("compute", DEFAULT={"hypervisor": "simulated"})


def test_the_control_plane_is_looked_for_where_somebody_said_it_is(tmp_path: Path) -> None:
    assert list(control_plane(situation(SaidMachine(), tmp_path, "compute"))) == []
    nowhere = {"control_url": "http://127.0.0.1:1"}
    (finding,) = control_plane(situation(SaidMachine(), tmp_path, "compute", agent=nowhere))
    assert "does not answer at http://127.0.0.1:1" in finding.what
