"""Machines on which a page's commands are carried out, with systemd as their first process, and a network of theirs.

They are clean Debian systems, made by debootstrap, with the package in root's home. Or, where minutes and a mirror are
not to be had, they are made of this machine's own files, with this program where the package would have it.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.package.guide import Block

import cupola
from cupola.guest.build import build, default_cache
from cupola.testing.servers.machine import Machine, booted_machine

MIRROR = "http://deb.debian.org/debian"
CONTROLLER = "192.0.2.1"
UNITS = Path(__file__).parents[3] / "packaging/systemd"
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
_PROGRAM = "#!/usr/lib/cupola/bin/python3\nfrom cupola.cli.main import main\n\nmain()\n"


class Failed(AssertionError):
    """A command in a machine failed; says which, and what it said."""


@dataclass(frozen=True)
class System:
    """What machines are made of: the files `below`, and the `package`, or (None) this program in its place."""

    below: Path
    package: Path | None


class Site:
    """Machines by name, the first of which is the controller; the others reach it as cloud.example.org."""

    def __init__(self, system: System, machines: dict[str, Machine]) -> None:
        self.system, self.machines = system, machines

    def run(self, name: str, script: str, *, online: bool = False, seconds: float = 120, **variables: str) -> str:
        """Run a script by bash as root; returns what it said, both outputs. Raises Failed."""
        given = [f"{key}={value}" for key, value in {**_ENVIRONMENT, **variables}.items()]
        words = ["env", "--ignore-environment", "--chdir=/root", *given, "bash", "-euo", "pipefail", "-c", script]
        status, said = self.machines[name].told(words, seconds, online)
        if status != 0:
            raise Failed(f"{name}: {script}\nended with {status}:\n{said}")
        return said

    def carry_out(self, name: str, block: Block) -> str:
        """What a block of the page does on a machine; packages, which come first in it, are fetched by our network."""
        said = ""
        if block.packages and self.system.package:
            said += self.run(name, block.packages, online=True, seconds=900)
        return said + self.run(name, block.text.removeprefix(block.packages), seconds=300)

    def until(self, name: str, script: str, holds: Callable[[str], bool], seconds: float = 120) -> str:
        """Run a script again and again, until what it says is as wanted."""
        end = time.monotonic() + seconds
        while True:
            try:
                said = self.run(name, script)
            except Failed as failed:
                said = str(failed)
            else:
                if holds(said):
                    return said
            assert time.monotonic() < end, f"not within {seconds:.0f} s; in the end: {said}"
            time.sleep(0.5)

    def offer(self, name: str, package: Path) -> None:
        """Have a package, and no other version of it, where the guide has it."""
        home = self.machines[name].root / "root"
        for older in home.glob("cupola_*.deb"):
            older.unlink()
        shutil.copy(package, home)

    def bring(self, source: str, target: str, *files: str) -> None:
        """Bring files of one machine's /root/cupola to another's, as `scp -p` does."""
        self.run(target, "install -d -m 700 /root/cupola")
        for file in files:
            made = self.machines[target].root / "root/cupola" / Path(file).name
            shutil.copy2(self.machines[source].root / "root/cupola" / file, made)


@contextlib.contextmanager
def site(system: System, *names: str) -> Iterator[Site]:
    """Machines of these names, ready for the guide; they and all that they wrote are gone at the end."""
    with contextlib.ExitStack() as stack:
        machines = {}
        for name in names:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="cupola-machine-", dir="/var/tmp"))
            machines[name] = stack.enter_context(booted_machine(Path(directory), name, system.below))
        made = Site(system, machines)
        _join(list(machines.values()))
        for name, machine in machines.items():
            here = f"127.0.0.1 localhost\n127.0.1.1 {name}\n{CONTROLLER} cloud.example.org\n"
            machine.write("/etc/hosts", here)
            if system.package:
                made.offer(name, system.package)
            else:
                _put_in_its_place(made, name)
        image = build(default_cache())
        cache = made.machines[names[0]].root / "var/cache/cupola"
        shutil.copytree(image.parent, cache / image.parent.name, dirs_exist_ok=True)
        made.run(names[0], "chmod -R a+rX /var/cache/cupola")  # built by root, read by the user cupola
        yield made


def _join(machines: list[Machine]) -> None:
    """One network for all: a bridge in the first, and a cable from each of the others."""
    first = machines[0]
    _ip(first, "link", "add", "lan", "type", "bridge")
    for number, machine in enumerate(machines, start=1):
        if machine is not first:
            peer = ["peer", "name", f"to-{number}", "netns", str(first.leader)]
            _ip(machine, "link", "add", "lan", "type", "veth", *peer)
            _ip(first, "link", "set", f"to-{number}", "master", "lan", "up")
        _ip(machine, "address", "add", f"192.0.2.{number}/24", "dev", "lan")
        _ip(machine, "link", "set", "lan", "up")


def _ip(machine: Machine, *words: str) -> None:
    subprocess.run(["nsenter", "-t", str(machine.leader), "-n", "ip", *words], check=True, timeout=20)


def _put_in_its_place(site: Site, name: str) -> None:
    """This program where the package would have it, on a machine that may have another cloud."""
    site.run(
        name,
        "chmod 711 /root; rm -rf /etc/cupola /var/lib/cupola /usr/lib/cupola /etc/apache2/*/cupola.conf\n"
        "install -d -m 755 /etc/cupola; install -d -m 711 /var/lib/cupola\n"
        "/usr/bin/python3 -m venv --without-pip /usr/lib/cupola\n"
        "ln -sf ../lib/cupola/bin/cupola /usr/bin/cupola",
    )
    machine = site.machines[name]
    paths = [Path(cupola.__file__).parents[1], sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    machine.write(f"/usr/lib/cupola/lib/{version}/site-packages/program.pth", "".join(f"{path}\n" for path in paths))
    machine.write("/usr/lib/cupola/bin/cupola", _PROGRAM, 0o755)
    for unit in UNITS.iterdir():
        machine.write(f"/lib/systemd/system/{unit.name}", unit.read_text())
    # It may be in somebody's home or in /tmp, where a packaged one is not.
    for unit in ("cupola-conductor", "cupola-api", "apache2"):
        seen = "[Service]\nProtectHome=no\nPrivateTmp=no\n"
        machine.write(f"/etc/systemd/system/{unit}.service.d/seen.conf", seen)
    site.run(name, "systemctl daemon-reload")


def debootstrap(directory: Path) -> None:
    """Make a clean Debian with systemd, and nothing else that a machine would not have."""
    more = "--include=systemd-sysv,dbus,ca-certificates"
    words = ["debootstrap", "--variant=minbase", more, "bookworm", str(directory), MIRROR]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    shutil.copy("/etc/resolv.conf", directory / "etc")
    for file in Path("/etc/apt/apt.conf.d").glob("*prox*"):  # this machine's way to the mirror
        shutil.copy(file, directory / "etc/apt/apt.conf.d")
    sources = f"deb {MIRROR} bookworm main\ndeb {MIRROR} bookworm-updates main\n"
    (directory / "etc/apt/sources.list").write_text(sources)
    subprocess.run(["chroot", directory, "apt-get", "-qq", "update"], check=True, timeout=300)
