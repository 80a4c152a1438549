"""The one source of time: a `Clock` is handed to whatever needs one, so that a test or the simulator can hold it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets a caller pause."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, microseconds."""
        ...

    def pause(self, seconds: float) -> None:
        """Give others `seconds` to get on (used between retries of a transaction, nowhere else)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told, and by a pause."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def pause(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def advance_to(self, moment: datetime) -> None:
        """Jump to a moment; one that has passed changes nothing."""
        self._now = max(self._now, moment)


def is_due(at: datetime, now: datetime, within: timedelta) -> bool:
    """Whether a moment has come that was at most `within` ahead when it was set: one further off is of a clock that
    was set back since.
    """
    return at <= now or at > now + within


def iso(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`: the form of compute, image and network."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_micro(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000000Z`: the form of identity."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
