"""One real cloud for all tests of this folder: they make servers of their own and take them away again."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cupola.testing.real import RealCloud
from cupola.testing.real_parts import run_stack


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[RealCloud]:
    if os.geteuid() != 0:
        pytest.skip("real guests in network namespaces need root")
    with run_stack() as cloud:
        yield cloud


@pytest.fixture
def cloud(shared_cloud: RealCloud) -> Iterator[RealCloud]:
    """The cloud; every test leaves no server behind and nothing for doctor to find."""
    yield shared_cloud
    left = [server["id"] for server in shared_cloud.demo.get("compute", "/servers")["servers"]]
    shared_cloud.delete(*left)
    shared_cloud.until_no_findings()
