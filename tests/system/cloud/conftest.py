"""One real cloud for all tests of this folder: they make servers of their own and take them away again."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.testing.real import RealCloud, run_cloud


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCloud]:
    if os.geteuid() != 0:
        pytest.skip("real guests in network namespaces need root")
    scratch: Path = tmp_path_factory.mktemp("cloud")
    with run_cloud(scratch, free_port()) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared_cloud: RealCloud) -> Iterator[RealCloud]:
    """The cloud; every test leaves no server behind and nothing for doctor to find."""
    yield shared_cloud
    left = [server["id"] for server in shared_cloud.demo.get("compute", "/servers")["servers"]]
    shared_cloud.delete(*left)
    shared_cloud.until_no_findings()
