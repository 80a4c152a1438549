"""The ports that tests give to servers."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cupola.testing.servers import free_port

ASK = "import random; random.sample = lambda *_: [{}]; from cupola.testing.servers import free_port; free_port()"


def test_the_kernel_gives_them_to_no_client() -> None:
    assert free_port() < int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def test_one_that_somebody_listens_on_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr("random.sample", lambda *_: [listener.getsockname()[1]])
        with pytest.raises(OSError, match="no port"):
            free_port()


def test_none_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """To two processes neither."""
    port = free_port()
    done = subprocess.run([sys.executable, "-c", ASK.format(port)], capture_output=True, text=True)
    assert "no port of 127.0.0.1 was free" in done.stderr
    monkeypatch.setattr("random.sample", lambda *_: [port])
    with pytest.raises(OSError, match="no port"):
        free_port()
