"""Runs the contract against every driver."""

import os
import shutil
from collections.abc import Iterator

import pytest

from cupola.testing.servers.libvirtd import Libvirtd, installed, libvirtd

from .worlds import LibvirtWorld, QemuWorld, SimulatedWorld, World

REAL = [pytest.mark.root, pytest.mark.guest]
QEMU = [
    *REAL,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("qemu-system-x86_64") is None, reason="needs root, and QEMU installed"
    ),
]
LIBVIRT = [*REAL, pytest.mark.skipif(not installed(), reason="needs root, and libvirtd installed")]


@pytest.fixture(scope="session")
def libvirt_server() -> Iterator[Libvirtd]:
    """One for all: it takes seconds to find out what QEMU can."""
    with libvirtd() as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param("simulated", id="simulated"),
        pytest.param("qemu", id="qemu", marks=QEMU),
        pytest.param("libvirt", id="libvirt", marks=LIBVIRT),
    ],
)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A host without servers."""
    world: World
    match request.param:
        case "simulated":
            world = SimulatedWorld()
        case "qemu":
            world = QemuWorld()
        case _:
            world = LibvirtWorld(request.getfixturevalue("libvirt_server"))
    yield world
    world.close()


@pytest.fixture(params=[pytest.param("qemu", marks=QEMU)])
def qemu_world() -> Iterator[QemuWorld]:
    """A host without servers, by the QEMU driver."""
    world = QemuWorld()
    yield world
    world.close()


@pytest.fixture(params=[pytest.param("libvirt", marks=LIBVIRT)])
def libvirt_world(libvirt_server: Libvirtd) -> Iterator[LibvirtWorld]:
    """A host without servers, by the libvirt driver."""
    world = LibvirtWorld(libvirt_server)
    yield world
    world.close()
