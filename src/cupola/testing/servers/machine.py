"""A machine with systemd as its first process, for what only a whole machine shows: units, scopes, journal, a reboot.

    with booted_machine(directory) as machine:
        machine.run("systemctl", "start", "cupola-agent")

It is made of this machine's own files, or of those of another system below a directory, which it cannot change (an
overlay keeps what it writes), in namespaces of its own: nothing of it is seen, or heard, outside. The kernel is this
one's: of its settings it can change those of its own network only. It needs root, systemd-nspawn, and a kernel that
lets us mount.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cupola

TARGET = "cupola-test.target"
FORBIDDEN = "CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_RAWIO,CAP_SYSLOG,CAP_WAKE_ALARM"
START_WITHIN = 60
STOP_WITHIN = 90
"""seconds"""


def installed() -> bool:
    """Whether such a machine can be tried here."""
    return os.geteuid() == 0 and shutil.which("systemd-nspawn") is not None


class Machine:
    """See the module. `root` is where its files are seen from outside; `below` what they are laid over.

    `name` is its host name; None: that of the system below.
    """

    def __init__(self, directory: Path, name: str | None = None, below: Path = Path("/")) -> None:
        self.directory, self.root = directory, directory / "root"
        self.name, self.below = name, below
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Lay it over the files below. Raises CalledProcessError where that is not possible."""
        for name in ("changes", "work", "root"):
            (self.directory / name).mkdir()
        layers = f"lowerdir={self.below},upperdir={self.directory}/changes,workdir={self.directory}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True, capture_output=True)
        if self.name:
            self.write("/etc/hostname", f"{self.name}\n")
        self.write(f"/etc/systemd/system/{TARGET}", "[Unit]\nRequires=basic.target\nAfter=basic.target\n")

    def remove(self) -> None:
        subprocess.run(["umount", self.root], check=True)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Have a file there."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def boot(self) -> None:
        """Start it, as far as its basic services."""
        words = ["systemd-nspawn", "--quiet", "-D", str(self.root), "--boot", "--private-network", "--register=no"]
        words += ["--resolv-conf=off", "--timezone=off"]
        words += ["--keep-unit", "--capability=all", f"--drop-capability={FORBIDDEN}", "--system-call-filter=@known"]
        words += ["--kill-signal=SIGRTMIN+3"]
        words += [f"--bind-ro={path}" for path in _hidden()] if self.below == Path("/") else []
        with (self.directory / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*words, f"systemd.unit={TARGET}"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            )
        self._until_up()
        subprocess.run(["nsenter", "-t", str(self.leader), "-n", "ip", "link", "set", "lo", "up"], check=True)

    def power_off(self) -> None:
        """End it as its power button would."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self, *words: str, check: bool = True, timeout: float = 120) -> str:
        """What a command says in there; asserts that it ends well, unless told not to `check`."""
        enter = [*self._enter(), *words]
        done = subprocess.run(enter, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def told(self, words: list[str], timeout: float, online: bool = False) -> tuple[int, str]:
        """How a command ends in there, and what it says on both outputs; what it leaves running is not waited for.

        `online`: in the network of the machine around it, where something must be fetched.
        """
        with tempfile.TemporaryFile() as output:  # a pipe would be held open by what it leaves running
            done = subprocess.run(
                [*self._enter(online), *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=timeout
            )
            output.seek(0)
            return done.returncode, output.read().decode(errors="replace")

    def _enter(self, online: bool = False) -> list[str]:
        spaces = ["-m", "-u", "-i", "-p", "-C", *([] if online else ["-n"])]
        return ["nsenter", "-t", str(self.leader), *spaces, "--"]

    @property
    def leader(self) -> int:
        """Its first process, as it is numbered out here; 0 while there is none."""
        assert self._process is not None, "the machine was not booted"
        pid = self._process.pid
        with contextlib.suppress(FileNotFoundError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        return 0

    def _until_up(self) -> None:
        end = time.monotonic() + START_WITHIN
        while not self.leader or self.run("systemctl", "is-active", TARGET, check=False) != "active":
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                console = (self.directory / "console").read_text(errors="replace")
                raise RuntimeError(f"the machine did not start:\n{console[-2000:]}")
            time.sleep(0.1)


def _hidden() -> list[str]:
    """What we run from and the machine would not see, since it has directories of its own there."""
    paths = [str(Path(cupola.__file__).parents[1]), sys.prefix, sys.base_prefix]
    return [path for path in dict.fromkeys(paths) if path.startswith(("/tmp/", "/run/", "/var/tmp/"))]  # noqa: S108


@contextlib.contextmanager
def booted_machine(directory: Path, name: str | None = None, below: Path = Path("/")) -> Iterator[Machine]:
    """A machine that runs; at the end of the block it and all that it wrote are gone."""
    machine = Machine(directory, name, below)
    machine.make()
    try:
        machine.boot()
        yield machine
    finally:
        machine.power_off()
        machine.remove()
