"""Upkeep: loops that compare what is recorded with what should hold, and repair it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cupola.base.clock import is_due
from cupola.base.context import Cloud, Context, system_context
from cupola.base.ids import request_id
from cupola.base.observe.log import about
from cupola.base.observe.metrics import UPKEEP, UPKEEP_AT, UPKEEP_OK

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    """One rule that must hold: `one_pass` makes it so and returns a line for the operator about what it did."""

    name: str
    every: timedelta
    one_pass: Callable[[Context], str]


@dataclass(frozen=True)
class Status:
    """How the last pass of a loop went."""

    at: datetime
    said: str
    seconds: float


class Upkeep:
    """Runs loops as one component; `statuses` is what `cupola status` shows."""

    name = "upkeep"

    def __init__(self, cloud: Cloud, loops: tuple[Loop, ...]) -> None:
        self._cloud = cloud
        self._loops = loops
        self._due = {loop.name: cloud.clock.now() for loop in loops}
        self.statuses: dict[str, Status] = {}

    def step(self, now: datetime) -> datetime | None:
        for loop in self._loops:
            if is_due(self._due[loop.name], now, loop.every):
                ok, said = self._one_pass(loop)
                taken = (self._cloud.clock.now() - now).total_seconds()
                self.statuses[loop.name] = Status(now, said, taken)
                UPKEEP.labels(loop.name, "done" if ok else "failed").inc()
                UPKEEP_OK.labels(loop.name).set(ok)
                UPKEEP_AT.labels(loop.name).set(now.timestamp())
                self._due[loop.name] = now + loop.every
        return min(self._due.values(), default=None)

    def _one_pass(self, loop: Loop) -> tuple[bool, str]:
        """Whether it went well, and what it said."""
        ctx = system_context(self._cloud, request_id(self._cloud.ids))
        try:
            with about(request_id=ctx.request_id):
                return True, loop.one_pass(ctx)
        except Exception as error:  # a loop that fails must not keep the others from their turn
            log.exception("upkeep %s failed", loop.name, extra={"request_id": ctx.request_id})
            return False, f"failed: {error or type(error).__name__}"
