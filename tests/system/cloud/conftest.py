"""One real cloud for all tests of this folder: they make servers of their own and take them away again.

Its servers run on the hypervisor that CUPOLA_TEST_HYPERVISOR names: qemu, or libvirt, which is a private one in a
network namespace that stands for its machine; the tests are in it, too.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from cupola.testing.real import RealCloud, run_cloud
from cupola.testing.real_parts import run_stack
from cupola.testing.servers import free_port
from cupola.testing.servers.libvirtd import Libvirtd, installed, libvirtd

HYPERVISOR = os.environ.get("CUPOLA_TEST_HYPERVISOR", "qemu")


@dataclass(frozen=True)
class LibvirtCloud:
    """A cloud on libvirt, and that."""

    cloud: RealCloud
    server: Libvirtd


@pytest.fixture(scope="session")
def shared_libvirt_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibvirtCloud]:
    if not installed():
        pytest.skip("needs root, and libvirtd installed")
    settings = tmp_path_factory.mktemp("libvirt") / "cupola.toml"
    with libvirtd() as server, contextlib.ExitStack() as stack:
        main = f'port = {free_port()}\nhypervisor = "libvirt"\nhost_network = true\n'
        settings.write_text(f'[DEFAULT]\n{main}[libvirt]\nuri = "{server.uri}"\naccelerator = "qemu"\n')
        with server.entered():
            cloud = stack.enter_context(run_cloud(("--config", str(settings))))
        yield LibvirtCloud(cloud, server)
        with server.entered():
            stack.close()


@pytest.fixture(scope="session")
def shared_cloud(request: pytest.FixtureRequest) -> Iterator[RealCloud]:
    if os.geteuid() != 0:
        pytest.skip("real guests in network namespaces need root")
    if HYPERVISOR == "libvirt":
        yield request.getfixturevalue("shared_libvirt_cloud").cloud
        return
    with run_stack() as cloud:
        yield cloud


@pytest.fixture
def cloud(request: pytest.FixtureRequest, shared_cloud: RealCloud) -> Iterator[RealCloud]:
    """The cloud; every test leaves no server behind and nothing for doctor to find."""
    with contextlib.ExitStack() as stack:
        if HYPERVISOR == "libvirt":
            if marker := request.node.get_closest_marker("qemu_only"):
                pytest.skip(f"on libvirt: {marker.args[0]}")
            stack.enter_context(request.getfixturevalue("shared_libvirt_cloud").server.entered())
        yield shared_cloud
        tidy(shared_cloud)


@pytest.fixture
def libvirt_cloud(shared_libvirt_cloud: LibvirtCloud) -> Iterator[LibvirtCloud]:
    """The cloud on libvirt, with the same promise."""
    with shared_libvirt_cloud.server.entered():
        yield shared_libvirt_cloud
        tidy(shared_libvirt_cloud.cloud)


def tidy(cloud: RealCloud) -> None:
    cloud.delete(*(server["id"] for server in cloud.demo.get("compute", "/servers")["servers"]))
    cloud.until_no_findings()
