"""What an operation is: named steps, each with its undo.

A step is a transaction body: it changes rows, and asks hosts for work by messages that leave with its commit. So a step
happened or did not; nothing is half done between two of them, and only what hosts do needs patience:

- A step says "make it so", never "do it once": a host may be asked again for what it has done.
- A step that sent messages waits until their reports are recorded, or its `limit` has passed.
- A step that *began* is undone even if it failed. An undo accepts that nothing happened, and does not wait for hosts:
  "wanted: gone" stands until the host comes back.
- `forward_only` operations record or finish what cannot be taken back (a delete): they are repeated until they succeed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cupola.base.bus.report import Report
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.operations.outbox import Outbox


@dataclass
class Run:
    """One pass of a step: the open transaction, the context of the request that asked, and what is known so far."""

    tx: Transaction
    ctx: Context
    operation_id: str
    resource_id: str
    params: Mapping[str, Any]
    attempt: int
    results: Mapping[str, Mapping[str, Any]]
    """What earlier steps of this attempt returned, by step name."""
    failures: Sequence[Mapping[str, Any]]
    """Errors of earlier attempts, each with the results of that attempt's steps under "results"."""
    outbox: Outbox
    limit: timedelta
    """How long the step waits for hosts."""
    waits_for: list[str] = field(default_factory=list)

    def send(
        self, host: str, type_: str, subject: str, payload: dict[str, Any] | None = None, wait: bool = True
    ) -> str:
        """Ask a host for work with this step's commit; with `wait` the step ends when the report is recorded.

        What is wanted stays wanted; a command that comes after the step gave up is not carried out any more.
        """
        deadline = self.tx.now + self.limit if type_ == "command" else None
        message_id = self.outbox.queue(self.tx, self.ctx, host, type_, subject, payload, deadline)
        if wait:
            self.waits_for.append(message_id)
        return message_id


Result = Mapping[str, Any] | None


@dataclass(frozen=True)
class Step:
    """One step. `do` and `reported` return what later steps (and the trace) should know, JSON-able.

    `retry`: when it fails, everything is undone and tried once more (`Operation.attempts`), elsewhere if it can.
    `must_report`: False goes on when `limit` passes without a report (the host finishes when it comes back).
    """

    do: Callable[[Run], Result]
    undo: Callable[[Run], None] | None = None
    reported: Callable[[Run, Sequence[Report]], Result] | None = None
    limit: timedelta = timedelta(minutes=5)
    must_report: bool = True
    retry: bool = False

    @property
    def name(self) -> str:
        return self.do.__name__


def _nothing(run: Run, error: Mapping[str, Any]) -> None:
    """Nothing to say when undone."""


@dataclass(frozen=True)
class Operation:
    """A kind of work that takes longer than a transaction, e.g. `compute.create_server`.

    `when_undone` tells the resource why it came to nothing; it is also called at the first failure of an undo, so that
    the user sees the reason while the undo is retried.
    """

    name: str
    resource_type: str
    steps: tuple[Step, ...]
    when_undone: Callable[[Run, Mapping[str, Any]], None] = _nothing
    attempts: int = 1
    forward_only: bool = False

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)
