"""QEMU processes in /proc: whose they are is the kernel's word, not theirs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.qemu.process import find_all, spawn


@pytest.fixture
def says_it_is_one(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours with the arguments of a server's QEMU."""
    words = ["qemu-system-x86_64", "-c", "echo; read line", "sh", "-pidfile", str(tmp_path / "s1/run/pid")]
    with subprocess.Popen(words, executable="/bin/sh", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # for a moment a new program has no arguments
        yield process
        process.kill()


def test_a_process_of_the_guests_user_is_found(says_it_is_one: subprocess.Popen[bytes], tmp_path: Path) -> None:
    found = find_all(tmp_path, Confinement())
    assert {server: process.pid for server, process in found.items()} == {"s1": says_it_is_one.pid}
    assert found["s1"].users() == {os.getuid()}


@pytest.mark.usefixtures("says_it_is_one")
def test_one_of_another_user_is_not_taken_for_it(tmp_path: Path) -> None:
    assert find_all(tmp_path, Confinement(uid=os.getuid(), gid=os.getgid(), apart=True)) == {}


def test_one_that_was_started_as_another_user_before_the_settings_changed_is_found(
    says_it_is_one: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    (tmp_path / "s1/run").mkdir(parents=True)
    found = find_all(tmp_path, Confinement(uid=os.getuid(), gid=os.getgid(), apart=True))
    assert found["s1"].pid == says_it_is_one.pid


def test_what_wraps_a_guest_has_its_time(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match=r"sleep did not end within 0.1 s"):
        spawn(["sleep", "30"], tmp_path / "log", (), limit=0.1)
