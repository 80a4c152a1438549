"""Runs the contract against every driver."""

import os
import shutil
from collections.abc import Iterator

import pytest

from .worlds import QemuWorld, SimulatedWorld, World

NEEDS = [
    pytest.mark.root,
    pytest.mark.guest,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("qemu-system-x86_64") is None, reason="needs root, and QEMU installed"
    ),
]


@pytest.fixture(
    params=[pytest.param(SimulatedWorld, id="simulated"), pytest.param(QemuWorld, id="qemu", marks=NEEDS)],
)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A host without servers."""
    world = request.param()
    yield world
    world.close()


@pytest.fixture(params=[pytest.param(QemuWorld, id="qemu", marks=NEEDS)])
def qemu_world(request: pytest.FixtureRequest) -> Iterator[QemuWorld]:
    """A host without servers, by the QEMU driver."""
    world = request.param()
    yield world
    world.close()
