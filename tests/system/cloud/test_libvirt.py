"""A cloud on libvirt: what operators see with `virsh`, and what happens when it is used behind the cloud's back."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from cupola.cli.client import wait_for
from cupola.compute.host.drivers.libvirt.domain import NAMESPACE
from cupola.testing.real import RealCloud

from .conftest import LibvirtCloud

pytestmark = [pytest.mark.root, pytest.mark.guest]


@pytest.fixture
def cloud(libvirt_cloud: LibvirtCloud) -> RealCloud:
    return libvirt_cloud.cloud


@pytest.fixture
def server(cloud: RealCloud) -> str:
    server_id = cloud.boot("web")
    cloud.until(server_id, "ACTIVE")
    cloud.until_no_findings()
    return server_id


def found(cloud: RealCloud, check: str) -> dict[str, Any]:
    """The finding of a check; it must be there at once."""
    findings = cloud.findings()
    matching = [each for each in findings if each["check"] == check]
    assert matching, findings
    return matching[0]


def pid_of(libvirt_cloud: LibvirtCloud, server: str) -> str:
    return (libvirt_cloud.server.directory / "run" / "qemu" / f"{server}.pid").read_text()


def test_virsh_shows_a_server_which_outlives_cloud_and_libvirtd(
    libvirt_cloud: LibvirtCloud, cloud: RealCloud, server: str
) -> None:
    boot = cloud.login(server, "hostname; cat /proc/sys/kernel/random/boot_id")
    assert boot.startswith("web\n")
    process = pid_of(libvirt_cloud, server)
    shows(libvirt_cloud, server)

    libvirt_cloud.server.kill()
    assert any("libvirtd does not answer" in each["what"] for each in cloud.findings())
    cloud.action(server, "os-stop")
    wait_for("the stop did not fail", 60, lambda: cloud.failed_action(server, "stop"))
    assert cloud.login(server, "hostname; cat /proc/sys/kernel/random/boot_id") == boot

    cloud.kill()
    libvirt_cloud.server.start()
    cloud.up()
    cloud.until_no_findings()
    assert cloud.login(server, "hostname; cat /proc/sys/kernel/random/boot_id") == boot
    assert pid_of(libvirt_cloud, server) == process


def shows(libvirt_cloud: LibvirtCloud, server: str) -> None:
    """Compare what `virsh` says of a server with what the cloud does."""
    virsh, cloud = libvirt_cloud.server.virsh, libvirt_cloud.cloud
    (line,) = virsh("list", "--title").splitlines()
    assert line.split()[1:] == [server, "running", "web"]
    said = {child.tag: child.text for child in ElementTree.fromstring(virsh("metadata", server, NAMESPACE))}
    (action,) = cloud.demo.get("compute", f"/servers/{server}/os-instance-actions")["instanceActions"]
    assert said == {
        "id": server,
        "name": "web",
        "project": cloud.server(server)["tenant_id"],
        "request": action["request_id"],
        "directory": str(cloud.state / "hypervisor"),
    }
    assert "login prompt" in cloud.action(server, "os-getConsoleOutput", {})["output"]


def test_a_destroyed_domain_is_shut_off_at_once(libvirt_cloud: LibvirtCloud, cloud: RealCloud, server: str) -> None:
    libvirt_cloud.server.virsh("destroy", server)
    cloud.until(server, "SHUTOFF", within=10)
    cloud.until_no_findings()


def test_an_undefined_domain_is_found_and_defined_again(
    libvirt_cloud: LibvirtCloud, cloud: RealCloud, server: str
) -> None:
    before = pid_of(libvirt_cloud, server)
    libvirt_cloud.server.virsh("undefine", server)
    assert found(cloud, "guest.undefined")["subject"] == f"server/{server}"
    cloud.cupola("down")
    cloud.up()
    cloud.until_no_findings()
    assert pid_of(libvirt_cloud, server) == before
    assert server in libvirt_cloud.server.virsh("list", "--persistent", "--uuid")


def test_a_domain_destroyed_and_undefined_starts_again(
    libvirt_cloud: LibvirtCloud, cloud: RealCloud, server: str
) -> None:
    for word in ("destroy", "undefine"):
        libvirt_cloud.server.virsh(word, server)
    cloud.until(server, "SHUTOFF", within=10)
    cloud.action(server, "os-start")
    cloud.until(server, "ACTIVE")
    cloud.until_no_findings()


def test_what_was_not_asked_for_is_refused(libvirt_cloud: LibvirtCloud, cloud: RealCloud) -> None:
    said = cloud.cupola("up", "--state-dir", str(cloud.scratch / "s"), "--hypervisor", "libvirt", check=False)
    assert "needs host_network = true" in said.stderr
