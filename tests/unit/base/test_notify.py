"""What the service manager hears of us."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.base.observe.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket as systemd has it, and its name as $NOTIFY_SOCKET gives it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@cupola-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(5)
        yield listening, name


def test_it_says_what_systemd_reads(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    notifier = Notifier.of_this_process(environment)
    assert notifier.watchdog == 30
    notifier.ready()
    notifier.status("Serving.")
    notifier.alive()
    notifier.longer(1.5)
    notifier.stopping()
    heard = [listening.recv(4096).decode() for _ in range(5)]
    assert heard == ["READY=1", "STATUS=Serving.", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=1500000", "STOPPING=1"]
    notifier.reloading()
    state, _, moment = listening.recv(4096).decode().partition("\n")
    assert state == "RELOADING=1"
    assert int(moment.removeprefix("MONOTONIC_USEC=")) > 0


def test_what_we_start_hears_nothing_of_it() -> None:
    environment = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "PATH": "/bin"}
    assert Notifier.of_this_process(environment).watchdog is None  # another process is meant
    assert environment == {"PATH": "/bin"}


def test_without_a_manager_or_with_one_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    Notifier.of_this_process({}).ready()
    Notifier(str(tmp_path / "gone")).ready()
