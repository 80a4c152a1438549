"""Plays systemd and journald to processes that are started as their units say.

journal = Journal(directory / "journal")
unit = Unit(UNITS / "cupola-api.service", directory / "api", {"/var/lib/cupola": str(state)}, journal)
unit.start()
unit.until("READY=1")
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

UNITS = Path(__file__).parents[3] / "packaging/systemd"
PROGRAM = "/usr/bin/cupola"
WATCHDOG = 2.0
"""seconds that a process has between signs of life, which is less than its unit says"""
PATIENCE = 60.0


class Journal:
    """What journald would have: a record as its fields."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        threading.Thread(target=self._listen, daemon=True).start()

    def with_field(self, name: str, value: str) -> list[dict[str, str]]:
        """As `journalctl NAME=value`."""
        return [record for record in list(self.records) if record.get(name) == value]

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                data = self._socket.recv(1 << 20)
            except OSError:  # closed
                return
            self.records.append(fields(data))


def fields(data: bytes) -> dict[str, str]:
    """What journald reads of a datagram: NAME=value lines, and values that have their length before them."""
    found = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(data[:8], "little")
            value, end, data = data[8 : 8 + length], data[8 + length : 9 + length], data[9 + length :]
            assert end == b"\n", f"the value of {name!r} does not end where it says"
        found[name.decode()] = value.decode()
    return found


class Unit:
    """A service, started by its unit's own ExecStart and Environment; `places` are paths there → paths of the test."""

    def __init__(self, file: Path, directory: Path, places: Mapping[str, str], journal: Journal) -> None:
        self.name, self.directory = file.stem, directory
        self.settings = self._read(file, places)
        self.heard: list[str] = []
        self._news = threading.Condition()
        self._seen = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._journal = journal
        directory.mkdir()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(directory / "notify"))
        threading.Thread(target=self._listen, daemon=True).start()

    @staticmethod
    def _read(file: Path, places: Mapping[str, str]) -> dict[str, str]:
        text = file.read_text()
        for there, here in places.items():
            text = text.replace(there, here)
        lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
        return {key: value for key, equals, value in lines if equals}

    def start(self, **environment: str) -> None:
        """As systemd would; `environment` is what an operator adds by `systemctl edit`."""
        with self._news:
            self.heard.clear()
            self._seen = 0
        program, *words = shlex.split(self.settings["ExecStart"])
        assert program == PROGRAM
        own = dict(word.split("=", 1) for word in shlex.split(self.settings["Environment"]))
        with (self.directory / "stderr").open("ab") as stderr:
            facts = os.fstat(stderr.fileno())
            manager = {
                "NOTIFY_SOCKET": str(self.directory / "notify"),
                "WATCHDOG_USEC": str(int(WATCHDOG * 1e6)),
                "JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}",
                "CUPOLA_OBSERVE_JOURNAL": str(self._journal.path),
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(sys.path),
            }
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cupola.cli.main", *words],
                env={**manager, **own, **environment},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )

    def until(self, beginning: str) -> str:
        """The next that it says which begins so, after what was waited for last."""

        def said() -> str | None:
            for number, text in enumerate(self.heard[self._seen :], self._seen + 1):
                if text.startswith(beginning):
                    self._seen = number
                    return text
            return None

        with self._news:
            found: str | None = self._news.wait_for(said, PATIENCE)
        assert found, f"{self.name} did not say {beginning}: {self.heard[-20:]}"
        return found

    def has_said(self, text: str) -> None:
        """Wait until it has said this, whenever that was since its start."""
        with self._news:
            assert self._news.wait_for(lambda: text in self.heard, PATIENCE), f"{self.name}: no {text}: {self.heard}"

    def _listen(self) -> None:
        while True:
            try:
                text = self._socket.recv(4096).decode()
            except OSError:  # closed
                return
            with self._news:
                self.heard.append(text)
                self._news.notify_all()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit status, when it has one."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it, however the test went."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._socket.close()
