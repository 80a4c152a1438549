"""The agent's durable memory of commands: what was begun and what was reported, so that a repeat is not done again."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from cupola.base.bus.report import Report

KEPT = 10_000
"""Newest commands whose reports are kept, whatever their deadline was."""
COPIES_LAST = timedelta(days=1)
"""How long after its deadline a copy of a command may still come and find that it was carried out. (One that comes
later is not carried out: nobody waits for it.)"""
FORGET_EVERY = 100
"""Commands after which old ones are looked for: on a busy day there are many that have to be kept."""


class CommandStore:
    """Commands by message id, in a SQLite file of the host (`:memory:` for tests)."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._finished = 0
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")  # what was begun is known after a power cut too
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS commands"
            " (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, report TEXT, kept_until TEXT)"
        )
        if "kept_until" not in {row[1] for row in self._file.execute("PRAGMA table_info(commands)")}:
            self._file.execute("ALTER TABLE commands ADD COLUMN kept_until TEXT")
        self._file.execute("CREATE TABLE IF NOT EXISTS owner (number INTEGER PRIMARY KEY, id TEXT NOT NULL)")
        self._file.execute("INSERT OR IGNORE INTO owner VALUES (1, ?)", (secrets.token_hex(16),))
        self.owner: str = self._file.execute("SELECT id FROM owner").fetchone()[0]
        """Whose memory this is: an id that is made with the file."""

    def close(self) -> None:
        self._file.close()

    def begin(self, message_id: str, deadline: datetime | None = None) -> None:
        """Note that a command is about to be carried out, which nobody waits for after `deadline`."""
        until = None if deadline is None else (deadline.astimezone(UTC) + COPIES_LAST).isoformat()
        with self._lock:
            values = (message_id, until)
            self._file.execute("INSERT OR IGNORE INTO commands (id, kept_until) VALUES (?, ?)", values)

    def finished(self, message_id: str, report: Report) -> None:
        """Keep the report of a command, for repeats of it; forget old ones of which no repeat can come."""
        with self._lock:
            payload = orjson.dumps(report.to_payload()).decode()
            self._file.execute("UPDATE commands SET report = ? WHERE id = ?", (payload, message_id))
            self._finished += 1
            if self._finished % FORGET_EVERY == 0:
                old = "number <= (SELECT MAX(number) FROM commands) - ? AND (kept_until IS NULL OR kept_until < ?)"
                self._file.execute(f"DELETE FROM commands WHERE {old}", (KEPT, report.done_at))

    def report_of(self, message_id: str) -> Report | None:
        """What was reported of a command; None when it is new or was cut short (it is then carried out again)."""
        with self._lock:
            row = self._file.execute("SELECT report FROM commands WHERE id = ?", (message_id,)).fetchone()
        return Report.from_payload(orjson.loads(row[0])) if row and row[0] else None
