"""A host's memory of how far each server had come: older orders are refused, and what was deleted stays deleted.

`Known` is the rule (pure); `GenerationFile` keeps it through crashes. Tombstones are kept with the rest: an order that
was under way when its server was deleted can arrive at any time later.
"""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from cupola.compute.host.drivers.errors import StaleGeneration


@dataclass(frozen=True)
class Known:
    """The highest generation seen of a server; `gone` when it was deleted, `forever` when no later one may return."""

    generation: int = 0
    gone: bool = False
    forever: bool = False

    def admit(self, server_id: str, generation: int) -> "Known":
        """Return what is known after an order to run `generation`, or raise `StaleGeneration`."""
        if self.forever or (self.gone and generation <= self.generation):
            raise StaleGeneration("generation", f"server {server_id} was deleted from this host")
        if generation < self.generation:
            raise StaleGeneration("generation", f"{generation} is older than {self.generation}, known of {server_id}")
        return Known(generation)

    def bury(self, server_id: str, generation: int | None) -> "Known":
        """Return what is known after an order to delete; None deletes every generation there will ever be."""
        if generation is None:
            return Known(self.generation, gone=True, forever=True)
        if generation < self.generation:
            raise StaleGeneration("generation", f"deletion {generation} is older than {self.generation} of {server_id}")
        return Known(generation, gone=True, forever=self.forever)


class GenerationFile:
    """`Known` of every server in one SQLite file, written through to the disk before an order is acted on."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS known (server_id TEXT PRIMARY KEY,"
            " generation INTEGER NOT NULL, gone INTEGER NOT NULL, forever INTEGER NOT NULL)"
        )

    def admit(self, server_id: str, generation: int) -> None:
        """Remember an order to run this generation; raises `StaleGeneration` when it came too late."""
        with self._lock:
            known = self._read(server_id)
            self._write(server_id, known, known.admit(server_id, generation))

    def bury(self, server_id: str, generation: int | None) -> None:
        """Remember a deletion; raises `StaleGeneration` when something newer is wanted."""
        with self._lock:
            known = self._read(server_id)
            self._write(server_id, known, known.bury(server_id, generation))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, server_id: str) -> Known:
        row = self._file.execute("SELECT generation, gone, forever FROM known WHERE server_id = ?", (server_id,))
        found = row.fetchone()
        return Known() if found is None else Known(found[0], bool(found[1]), bool(found[2]))

    def _write(self, server_id: str, old: Known, new: Known) -> None:
        if new != old:
            row = (server_id, new.generation, new.gone, new.forever)
            self._file.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", row)
