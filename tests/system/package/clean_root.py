"""A clean Debian system for a test: a tree made by debootstrap, in namespaces of its own.

Mounts, processes, host name and network are its own, so that default ports are free in it, and everything ends with its
first process, also when the test is killed. It has no systemd as process 1: `systemctl.py` stands in for what the guide
and `cupola install` ask of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FIRST = """
set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mkdir -p "$1/run/lock"
ip link set lo up
hostname clean
touch "$1/run/ready"
exec sleep infinity
"""


class Failed(AssertionError):
    """A command in the root failed; says which, and what it said."""


class CleanRoot:
    """A root directory and the first process of its namespaces."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._first: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the first process: from here on commands can be run."""
        spaces = ["--mount", "--propagation=private", "--pid", "--uts", "--ipc", "--net", "--fork", "--kill-child"]
        words = ["setpriv", "--pdeathsig=KILL", "unshare", *spaces, "--", "sh", "-c", _FIRST, "sh", str(self.directory)]
        self._first = subprocess.Popen(words, start_new_session=True)
        end = time.monotonic() + 20
        while self._fails("test", "-e", "/run/ready"):
            assert self._first.poll() is None, "the first process ended"
            assert time.monotonic() < end, "the first process was not ready within 20 s"
            time.sleep(0.05)

    def stop(self) -> None:
        """End all processes in it; its mounts go with them."""
        if self._first is not None:
            self._first.kill()
            self._first.wait()
            self._first = None

    def run(self, script: str, *, online: bool = False, seconds: float = 300, **variables: str) -> str:
        """Run a script by bash in the root, in the machine's own network where it must fetch something.

        Returns what it said (both outputs). Raises Failed.
        """
        done = self._run(["bash", "-euo", "pipefail", "-c", script], online, seconds, variables)
        if done.returncode != 0:
            raise Failed(f"{script}\nended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _fails(self, *words: str) -> bool:
        return self._pid() is None or self._run(list(words), False, 10, {}).returncode != 0

    def _run(
        self, words: list[str], online: bool, seconds: float, variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        spaces = ["--mount", "--pid", "--uts", "--ipc", *([] if online else ["--net"])]
        environment = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        given = [f"{name}={value}" for name, value in {**environment, **variables}.items()]
        enter = ["nsenter", f"--target={self._pid()}", *spaces, "--", "chroot", str(self.directory)]
        enter += ["env", "--ignore-environment", "--chdir=/root", *given]
        with (self.directory / "output").open("w+b") as output:  # a pipe would wait for what a script leaves running
            done = subprocess.run(
                [*enter, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=seconds
            )
            output.seek(0)
            return subprocess.CompletedProcess(words, done.returncode, output.read().decode(errors="replace"))

    def _pid(self) -> int | None:
        """The first process, which is the only child of `unshare`."""
        assert self._first is not None, "it was not started"
        children = Path(f"/proc/{self._first.pid}/task/{self._first.pid}/children")
        words = children.read_text().split() if children.exists() else []
        return int(words[0]) if words else None


@contextlib.contextmanager
def clean_root(directory: Path, packages: str) -> Iterator[CleanRoot]:
    """A started root with some packages, none of whose services runs; it is deleted at the end."""
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", str(directory), MIRROR],
            check=True,
            capture_output=True,
            timeout=900,
        )
        for name in ("hosts", "resolv.conf"):
            shutil.copy(Path("/etc") / name, directory / "etc" / name)
        for file in Path("/etc/apt/apt.conf.d").glob("*prox*"):  # this machine's way to the mirror
            shutil.copy(file, directory / "etc/apt/apt.conf.d")
        sources = f"deb {MIRROR} bookworm main\ndeb {MIRROR} bookworm-updates main\n"
        (directory / "etc/apt/sources.list").write_text(sources)
        policy = directory / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        for name in ("systemctl.py", "systemd-tmpfiles.sh"):
            stand_in = directory / "usr/local/bin" / Path(name).stem
            shutil.copy(Path(__file__).with_name(name), stand_in)
            stand_in.chmod(0o755)
        root = CleanRoot(directory)
        try:
            root.start()
            root.run("apt-get -qq update", online=True, seconds=300)
            root.run(f"apt-get -qq install --yes --no-install-recommends {packages}", online=True, seconds=900)
            yield root
        finally:
            root.stop()
    finally:
        if not any(str(directory) in line for line in Path("/proc/self/mountinfo").read_text().splitlines()):
            shutil.rmtree(directory, ignore_errors=True)


def can_be_made() -> str | None:
    """Why none can be made here; None: one can."""
    if os.geteuid() != 0:
        return "needs root"
    return None if shutil.which("debootstrap") else "debootstrap is not installed (`make test-full` installs it)"
