"""A host's durable memory of the documents it was told: what is older is refused, also after a restart.

Of what is gone, the generation stays: a late message cannot bring it back.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cupola.network.host.errors import ConflictingGeneration, StaleGeneration


class Generations:
    """One SQLite file: for each resource the lowest generation that is still accepted, and its document if wanted."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS known (kind TEXT NOT NULL, id TEXT NOT NULL, lowest INTEGER NOT NULL,"
            " document TEXT, PRIMARY KEY (kind, id))"
        )

    def accept(self, kind: str, id_: str, generation: int, document: Mapping[str, Any]) -> None:
        """Remember `document`; raises StaleGeneration if it is older than what is known, and ConflictingGeneration if
        it is of the same generation and says something else."""
        text = json.dumps(document, sort_keys=True)
        with self._lock:
            lowest, known = self._read(kind, id_)
            if generation < lowest:
                raise StaleGeneration(f"generation {generation} of {kind} {id_} is older than {lowest}")
            if generation == lowest and known not in (None, text):
                raise ConflictingGeneration(f"generation {generation} of {kind} {id_} came with other contents")
            if (lowest, known) != (generation, text):
                self._write(kind, id_, generation, text)

    def bury(self, kind: str, id_: str, generation: int | None = None) -> None:
        """Remember that the resource is gone, as of `generation`; None: as of what is known.

        Raises StaleGeneration if something newer is wanted.
        """
        with self._lock:
            lowest, known = self._read(kind, id_)
            if generation is not None and generation < lowest and known is not None:
                raise StaleGeneration(f"removal of {kind} {id_} at {generation} is older than {lowest}")
            self._write(kind, id_, lowest if generation is None else max(lowest, generation + 1), None)

    def documents(self, kind: str) -> dict[str, dict[str, Any]]:
        """The documents that are wanted, by id."""
        with self._lock:
            rows = self._file.execute(
                "SELECT id, document FROM known WHERE kind = ? AND document IS NOT NULL ORDER BY id", (kind,)
            ).fetchall()
        return {id_: json.loads(text) for id_, text in rows}

    def close(self) -> None:
        self._file.close()

    def _read(self, kind: str, id_: str) -> tuple[int, str | None]:
        row = self._file.execute("SELECT lowest, document FROM known WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
        return (0, None) if row is None else (int(row[0]), row[1])

    def _write(self, kind: str, id_: str, lowest: int, text: str | None) -> None:
        self._file.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", (kind, id_, lowest, text))
