"""The machine that is looked at: files of the kernel, programs and who listens where. Nothing here changes anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Answer:
    """What a program said (both outputs) and its exit status; 127: there is no such program."""

    status: int
    text: str


@dataclass(frozen=True)
class Listener:
    """A socket that something listens on. `process` is its name and command line, where we may know it."""

    protocol: str
    address: str
    port: int
    process: str


class Machine:
    """This machine."""

    @property
    def is_root(self) -> bool:
        return os.geteuid() == 0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def text(self, path: str | Path) -> str | None:
        """A file's text; None when it is not there or not for us to read."""
        try:
            return Path(path).read_text(errors="replace")
        except OSError:
            return None

    def program(self, name: str) -> str | None:
        """Where a program is."""
        return shutil.which(name, path=SYSTEM_PATH)

    def run(self, *words: str, seconds: float = 30) -> Answer:
        """Run a program that only looks."""
        environment = {**os.environ, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}
        pipe = subprocess.PIPE
        try:
            done = subprocess.run(
                words, env=environment, stdout=pipe, stderr=subprocess.STDOUT, timeout=seconds, errors="replace"
            )
        except FileNotFoundError:
            return Answer(127, f"there is no program {words[0]}")
        except subprocess.TimeoutExpired:
            return Answer(124, f"{words[0]} did not answer within {seconds:.0f} s")
        return Answer(done.returncode, done.stdout)

    def listeners(self) -> list[Listener]:
        """Everything that listens on TCP, or receives on UDP."""
        owners = dict(_owners())
        return [
            Listener(protocol.removesuffix("6"), *_address(local), owners.get(inode, ""))
            for protocol in ("tcp", "tcp6", "udp", "udp6")
            for local, state, inode in _sockets(self.text(f"/proc/net/{protocol}") or "")
            if state == "0A" or protocol.startswith("udp")
        ]


def _sockets(table: str) -> Iterator[tuple[str, str, str]]:
    """Local address, state and inode of each line of /proc/net/tcp and its like."""
    for line in table.splitlines()[1:]:
        words = line.split()
        yield words[1], words[3], words[9]


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90` → ("127.0.0.1", 8080): words of 32 bits in the processor's order."""
    words, _, port = text.partition(":")
    raw = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    return str(ip_address(raw)), int(port, 16)


def _owners() -> Iterator[tuple[str, str]]:
    """The inode of each open socket, with the command line of a process that has it."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            for file in (directory / "fd").iterdir():
                target = str(file.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1], command
        except OSError:  # it ended, or is somebody else's
            continue
