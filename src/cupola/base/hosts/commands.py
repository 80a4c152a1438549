"""The agent's durable memory of commands: what was begun and what was reported, so that a repeat is not done again."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import orjson

from cupola.base.bus.report import Report

KEPT = 10_000
"""Newest commands whose reports are kept."""


class CommandStore:
    """Commands by message id, in a SQLite file of the host (`:memory:` for tests)."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS commands"
            " (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, report TEXT)"
        )

    def close(self) -> None:
        self._file.close()

    def begin(self, message_id: str) -> None:
        """Note that a command is about to be carried out."""
        with self._lock:
            self._file.execute("INSERT OR IGNORE INTO commands (id) VALUES (?)", (message_id,))

    def finished(self, message_id: str, report: Report) -> None:
        """Keep the report of a command, for repeats of it."""
        with self._lock:
            payload = orjson.dumps(report.to_payload()).decode()
            self._file.execute("UPDATE commands SET report = ? WHERE id = ?", (payload, message_id))
            self._file.execute("DELETE FROM commands WHERE number <= (SELECT MAX(number) FROM commands) - ?", (KEPT,))

    def report_of(self, message_id: str) -> Report | None:
        """What was reported of a command; None when it is new or was cut short (it is then carried out again)."""
        with self._lock:
            row = self._file.execute("SELECT report FROM commands WHERE id = ?", (message_id,)).fetchone()
        return Report.from_payload(orjson.loads(row[0])) if row and row[0] else None
