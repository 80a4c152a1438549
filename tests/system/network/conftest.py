"""A machine of its own for each test: an empty network namespace, and a host in it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.network.network_world import World, ip, make_world

from cupola.network.host.drivers.linux.namespaces import listen

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def machine() -> Iterator[None]:
    """This thread, and all it starts, sees an empty network; afterwards the real one again."""
    if os.geteuid() != 0 or not shutil.which("nft"):
        pytest.skip("needs root and nftables")
    with Path("/proc/thread-self/ns/net").open("rb") as original:
        if _libc.unshare(_CLONE_NEWNET) != 0:
            pytest.skip("cannot make a network namespace")
        try:
            ip("link", "set", "lo", "up")
            yield
        finally:
            assert _libc.setns(original.fileno(), _CLONE_NEWNET) == 0


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory into which also processes that are not root come."""
    path = Path(tempfile.mkdtemp(prefix="cupola-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def world(machine: None, tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    try:
        yield world
    finally:
        world.close()


@pytest.fixture
def server() -> Iterator[object]:
    """Makes TCP servers in namespaces; they end with the test."""
    open_sockets: list[socket.socket] = []

    def make(namespace: str, port: int, address: str = "0.0.0.0") -> socket.socket:
        listener = listen(namespace, address, port)
        listener.settimeout(2)
        open_sockets.append(listener)
        return listener

    yield make
    for each in open_sockets:
        each.close()
