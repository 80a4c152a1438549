"""Whether a process can do its work: which of the parts that it stands on answer. Anybody may read what it says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from cupola.base.bus.protocol import Bus
from cupola.base.db.migrations import hindrance
from cupola.base.db.transaction import Database

log = logging.getLogger(__name__)

WITHIN = 5.0
"""seconds that all parts together have to answer"""
FRESH = 1.0
"""seconds that an answer is good for, however often it is asked for"""
OK = "ok"

Check = Callable[[], str | None]
"""Says in a few words, without names or secrets, what is wrong with a part; None: nothing."""


class Readiness:
    """Asks the parts, all again at most once a second, and never waits longer than `within` for those that hang."""

    def __init__(self, checks: Mapping[str, Check], within: float = WITHIN) -> None:
        self._checks = checks
        self._within = within
        self._lock = threading.Lock()
        self._round: _Round | None = None

    def look(self) -> dict[str, str]:
        """What each part says: "ok", or what is wrong."""
        with self._lock:
            if self._round is None or self._round.is_old():
                self._round = _Round(self._checks)
                threading.Thread(target=self._round.run, name="readiness", daemon=True).start()
            now = self._round
        now.ended.wait(max(0.0, now.began + self._within - time.monotonic()))
        return {part: now.said.get(part, "does not answer") for part in self._checks}


class _Round:
    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self.said: dict[str, str] = {}
        self.ended = threading.Event()
        self.began = time.monotonic()

    def is_old(self) -> bool:
        return self.ended.is_set() and time.monotonic() - self.began > FRESH

    def run(self) -> None:
        for part, check in self._checks.items():
            try:
                self.said[part] = check() or OK
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the part is not there
                log.warning("%s is not there: %s", part, error)
                self.said[part] = "does not answer"
        self.ended.set()


def of_bus(bus: Bus) -> dict[str, Check]:
    """The check of the broker, where there is one: that those connections are up which this process has needed."""
    connections: Callable[[], Mapping[str, str | None]] | None = getattr(bus, "connections", None)
    if connections is None:  # the queue of one process
        return {}
    return {"broker": lambda: None if all(connections().values()) else "is not connected"}


def of_database(database: Database) -> dict[str, Check]:
    """Checks of the database: that it answers, and that its tables are those this program works with."""

    def schema() -> str | None:
        return hindrance(database.engine)

    def answers() -> str | None:
        database.ping()
        return None

    return {"database": answers, "schema": schema}
