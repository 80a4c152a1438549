"""Advances operations: every call is one transaction over one operation, guarded by its epoch.

The journal has a row for each step that began, so that a successor needs nothing but the database to go on. Two
conductors that advance the same operation at once write one result: the second one's epoch no longer matches.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy import update as sql_update
from sqlalchemy.exc import DBAPIError

from cupola.base.bus.report import Report
from cupola.base.context import Context
from cupola.base.db.engine import unreachable, worth_a_retry
from cupola.base.db.transaction import Duplicate, Row, Transaction
from cupola.base.errors import Conflict, CupolaError, StaleWrite
from cupola.base.observe.log import about
from cupola.base.operations.operation import Operation, Run, Step
from cupola.base.operations.outbox import Outbox
from cupola.base.operations.tables import has_come, journal, operations, outbox
from cupola.base.runtime import Wakeups

log = logging.getLogger(__name__)

RUNNER = "runner"
BACK_OFF_FIRST = timedelta(seconds=1)
BACK_OFF_MOST = timedelta(seconds=60)

FaultHook = Callable[[str, str, str], None]
"""Called with (operation name, step name, phase) when a step is about to run and, phase with "-ed", after it ran."""


class OperationLive(Conflict):
    """Another operation has the resource."""


class StepFailed(CupolaError):
    """A step cannot succeed; the message is the reason the user sees."""


class Noted(Protocol):
    """What wants to know of operations: (transaction, context, operation, resource id, phase, error)."""

    def __call__(
        self, tx: Transaction, ctx: Context, operation: str, resource_id: str, phase: str, error: Any = None
    ) -> None: ...


class Engine:
    """The operations of a running system: submits them, advances them."""

    def __init__(
        self,
        definitions: Iterable[Operation],
        messages: Outbox,
        wakeups: Wakeups,
        owner: str,
        fault: FaultHook = lambda operation, step, phase: None,
    ) -> None:
        self.definitions = {definition.name: definition for definition in definitions}
        limits = [step.limit for definition in self.definitions.values() for step in definition.steps]
        self._longest = max([BACK_OFF_MOST, *limits])
        self.outbox = messages
        self.owner = owner
        self._wakeups = wakeups
        self.fault = fault
        self.noted: Noted | None = None
        """Notes, in the same transaction, that an operation begins or has ended."""

    def due(self, now: datetime) -> ColumnElement[bool]:
        """Of which operations the time has come."""
        return has_come(operations.c.due_at, now, self._longest)

    def submit(
        self,
        tx: Transaction,
        ctx: Context,
        name: str,
        resource_id: str,
        params: Mapping[str, Any] | None = None,
        supersede: bool = False,
    ) -> str:
        """Write an operation on a resource into this transaction; returns its id.

        A resource has one live operation: another one is refused with OperationLive, or with `supersede` ends here and
        leaves what it began to the new one. An operation without steps records what this very transaction did: it is
        done already, whatever else is live.
        """
        definition = self.definitions[name]
        operation_id = ctx.ids.uuid()
        at_once = not definition.steps
        if supersede:
            self._end_live(tx, resource_id, operation_id)
        try:
            with tx.savepoint():
                tx.execute(
                    insert(operations).values(
                        id=operation_id,
                        name=name,
                        params=dict(params or {}),
                        context=ctx.to_record(),
                        request_id=ctx.request_id,
                        project_id=ctx.project_id,
                        resource_type=definition.resource_type,
                        resource_id=resource_id,
                        live_key=None if at_once else resource_id,
                        state="done" if at_once else "running",
                        attempt=1,
                        epoch=1,
                        due_at=None if at_once else tx.now,
                        created_at=tx.now,
                        ended_at=tx.now if at_once else None,
                    )
                )
        except Duplicate as error:
            if supersede:  # another one came between
                raise StaleWrite(definition.resource_type, resource_id) from error
            raise OperationLive(
                f"{definition.resource_type.capitalize()} {resource_id} has another operation in progress."
            ) from error
        if self.noted is not None and not at_once:
            self.noted(tx, ctx, name, resource_id, "start")
        tx.after_commit(lambda: self._wakeups.notify(RUNNER))
        return operation_id

    def _end_live(self, tx: Transaction, resource_id: str, successor: str) -> None:
        live = select(operations.c.id).where(operations.c.live_key == resource_id)
        operation_id = tx.scalar(live.with_for_update() if tx.locks_rows else live)
        if operation_id is None:
            return
        tx.execute(
            sql_update(operations)
            .where(operations.c.id == operation_id)
            .values(
                state="superseded",
                live_key=None,
                due_at=None,
                ended_at=tx.now,
                epoch=operations.c.epoch + 1,
                error={"code": "Superseded", "message": f"operation {successor} took over"},
            )
        )
        waiting = (journal.c.operation_id == operation_id) & (journal.c.state == "waiting")
        tx.execute(sql_update(journal).where(waiting).values(state="superseded", ended_at=tx.now))

    def advance(self, tx: Transaction, ctx: Context, operation_id: str, due: bool = False) -> bool:
        """Take an operation as far as it goes without waiting. Nothing happens to one that has ended.

        Returns whether there was something to do.

        With `due` nothing happens either to one whose time has not come: another conductor was faster, and what it
        waits for now is not to be cut short. Raises StaleWrite when somebody else advanced it meanwhile (the
        transaction is then run again).
        """
        statement = select(operations).where(operations.c.id == operation_id, operations.c.ended_at.is_(None))
        if due:
            statement = statement.where(self.due(tx.now))
        # what is due is left to a conductor that has it already; what reports or requests bring on has to wait for it
        row = tx.first(statement.with_for_update(skip_locked=due) if tx.locks_rows else statement)
        if row is None:
            return False
        if row["name"] not in self.definitions:  # another version's: it waits for a conductor that knows it
            log.error("operation %s is %s, which this version does not know", operation_id, row["name"])
            mine = operations.c.id == operation_id
            tx.execute(sql_update(operations).where(mine).values(due_at=tx.now + BACK_OFF_MOST))
            return True
        _Pass(self, tx, ctx, row).run()
        return True


class _Pass:
    """One pass over one operation, inside one transaction."""

    def __init__(self, engine: Engine, tx: Transaction, ctx: Context, row: Row) -> None:
        self.engine, self.tx, self.row = engine, tx, row
        self.definition = engine.definitions[row["name"]]
        self.ctx = Context.from_record(ctx.cloud, row["context"])
        everything = tx.all(select(journal).where(journal.c.operation_id == row["id"]).order_by(journal.c.number))
        self.number = len(everything)
        self.earlier = [entry for entry in everything if entry["attempt"] < row["attempt"]]
        self.entries = [entry for entry in everything if entry["attempt"] == row["attempt"]]
        self.changes: dict[str, Any] = {"owner": engine.owner}
        self.about = {
            "request_id": self.ctx.request_id,
            "operation_id": row["id"],
            "resource": f"{row['resource_type']}/{row['resource_id']}",
        }

    def run(self) -> None:
        with about(**self.about):
            state = self.row["state"]
            while state in ("running", "undoing"):
                state = self._forward() if state == "running" else self._back()
            self._write_operation()
        self.tx.after_commit(self._tell)

    def _tell(self) -> None:
        """One line of what came of it, once it holds."""
        last = self.entries[-1] if self.entries else None
        at = f"{last['phase']} {last['step']} is {last['state']}" if last else "nothing was to be done"
        with about(**self.about):
            log.info("%s is %s: %s", self.definition.name, self.changes.get("state", self.row["state"]), at)

    def _write_operation(self) -> None:
        same = (operations.c.id == self.row["id"]) & (operations.c.epoch == self.row["epoch"])
        done = self.tx.execute(sql_update(operations).where(same).values(epoch=self.row["epoch"] + 1, **self.changes))
        if done.rowcount != 1:
            raise StaleWrite("operation", self.row["id"])
        if self.engine.noted is not None and "ended_at" in self.changes:
            phase = "end" if self.changes["state"] == "done" else "error"
            resource_id, error = self.row["resource_id"], self.changes["error"]
            self.engine.noted(self.tx, self.ctx, self.definition.name, resource_id, phase, error)

    def _end(self, state: str) -> str:
        error = None if state == "done" else self.row["error"]  # of what failed on the way, the journal tells
        self.changes |= {"state": state, "live_key": None, "due_at": None, "ended_at": self.tx.now, "error": error}
        return "ended"

    def _wait(self, until: datetime) -> str:
        self.changes["due_at"] = until
        return "waiting"

    # forward ------------------------------------------------------------------------------------------------------

    def _forward(self) -> str:
        done = {entry["step"] for entry in self.entries if entry["phase"] == "do" and entry["state"] == "done"}
        step = next((step for step in self.definition.steps if step.name not in done), None)
        if step is None:
            return self._end("done")
        entry = next((e for e in self.entries if e["phase"] == "do" and e["step"] == step.name), None)
        if entry is not None and entry["state"] == "waiting":
            return self._hear(step, entry)
        return self._do(step, entry)

    def _do(self, step: Step, entry: Row | None) -> str:
        run = self._prepare(step)
        before = self.tx.statements
        try:
            with self.tx.savepoint():
                self.engine.fault(self.definition.name, step.name, "do")
                result = step.do(run)
                self.engine.fault(self.definition.name, step.name, "do-ed")
        except Exception as error:  # noqa: BLE001 - any failure of a step is answered by its undo
            return self._failed(step, entry, _reason(error))
        waiting = bool(run.waits_for)
        self._record(
            entry,
            step=step.name,
            phase="do",
            state="waiting" if waiting else "done",
            expects=run.waits_for or None,
            expected_by=self.tx.now + step.limit if waiting else None,
            result=dict(result) if result else None,
            statements=self.tx.statements - before,
            ended_at=None if waiting else self.tx.now,
        )
        return self._wait(self.tx.now + step.limit) if waiting else "running"

    def _hear(self, step: Step, entry: Row) -> str:
        found = {row["id"]: row for row in self.tx.all(select(outbox).where(outbox.c.id.in_(entry["expects"])))}
        rows = [found[message_id] for message_id in entry["expects"]]
        missing = [row for row in rows if row["state"] != "done"]
        until = min(entry["expected_by"], self.tx.now + step.limit)  # else the clock was set back: wait anew
        if missing and self.tx.now < until:
            if until != entry["expected_by"]:
                self._record(entry, expected_by=until)
            return self._wait(until)
        if missing and step.must_report:
            host = missing[0]["topic"].removeprefix("host.")
            said = "was sent and not answered" if missing[0]["sends"] else "was not received"
            return self._failed(
                step,
                entry,
                {
                    "code": "StepOverdue",
                    "message": f"Host {host} did not report '{step.name}' within {step.limit.total_seconds():.0f} s: "
                    f"message {missing[0]['id']} {said}.",
                },
            )
        reports = [Report.from_payload(row["report"]) for row in rows if row["state"] == "done"]
        for report in reports:
            if not report.ok:
                return self._failed(step, entry, report.error or {"code": "HostFailed", "message": "the host failed"})
        result = entry["result"]
        if step.reported is not None and reports:
            try:
                with self.tx.savepoint():
                    self.engine.fault(self.definition.name, step.name, "reported")
                    result = {**(result or {}), **(step.reported(self._prepare(step), reports) or {})}
            except Exception as error:  # noqa: BLE001 - as above
                return self._failed(step, entry, _reason(error))
        self._record(entry, state="done", result=result, ended_at=self.tx.now)
        return "running"

    def _failed(self, step: Step, entry: Row | None, reason: dict[str, Any]) -> str:
        reason = {**reason, "step": step.name}
        log.warning("%s %s: step %s failed: %s", self.definition.name, self.row["id"], step.name, reason["message"])
        tries = (entry["tries"] if entry else 0) + 1
        self._record(entry, step=step.name, phase="do", state="failed", error=reason, tries=tries, ended_at=self.tx.now)
        self.changes["error"] = self.row["error"] = reason
        if self.definition.forward_only:
            return self._wait(self.tx.now + _back_off(tries))
        return self._turn("undoing")

    # back ---------------------------------------------------------------------------------------------------------

    def _back(self) -> str:
        undone = {entry["step"] for entry in self.entries if entry["phase"] == "undo" and entry["state"] == "done"}
        for entry in reversed([e for e in self.entries if e["phase"] == "do"]):
            step = self.definition.step(entry["step"])
            if step.undo is None or step.name in undone:
                continue
            if not self._undo(step):
                return "waiting"
        return self._undone()

    def _undo(self, step: Step) -> bool:
        assert step.undo is not None  # noqa: S101 - for the type checker
        entry = next((e for e in self.entries if e["phase"] == "undo" and e["step"] == step.name), None)
        try:
            with self.tx.savepoint():
                self.engine.fault(self.definition.name, step.name, "undo")
                step.undo(self._prepare(step))
                self.engine.fault(self.definition.name, step.name, "undo-ed")
        except Exception as error:  # noqa: BLE001 - kept and tried again
            reason = {**_reason(error), "step": step.name}
            log.warning("%s %s: undo of %s failed: %s", self.definition.name, self.row["id"], step.name, reason)
            tries = (entry["tries"] if entry else 0) + 1
            self._record(entry, step=step.name, phase="undo", state="failed", error=reason, tries=tries)
            if tries == 1:
                self._tell_undone(step)
            self._wait(self.tx.now + _back_off(tries))
            return False
        self._record(entry, step=step.name, phase="undo", state="done", ended_at=self.tx.now)
        return True

    def _undone(self) -> str:
        error = self.row["error"]
        failed = next((s for s in self.definition.steps if s.name == error["step"]), None)
        if failed is not None and failed.retry and self.row["attempt"] < self.definition.attempts:
            self.row["attempt"] += 1
            self.changes["attempt"] = self.row["attempt"]
            self.earlier += self.entries
            self.entries = []
            return self._turn("running")
        if not self._tell_undone(self.definition.steps[-1]):
            return self._wait(self.tx.now + BACK_OFF_MOST)
        return self._end("undone")

    def _tell_undone(self, step: Step) -> bool:
        """Say on the resource why it came to nothing; whether that succeeded."""
        try:
            with self.tx.savepoint():
                self.definition.when_undone(self._prepare(step), self.row["error"])
        except Exception as error:  # noqa: BLE001 - as above
            log.error("%s %s: cannot say that it was undone: %s", self.definition.name, self.row["id"], _reason(error))
            return False
        return True

    # common -------------------------------------------------------------------------------------------------------

    def _turn(self, state: str) -> str:
        self.row["state"] = self.changes["state"] = state
        return state

    def _prepare(self, step: Step) -> Run:
        return Run(
            tx=self.tx,
            ctx=self.ctx.acting_for(self.row["id"], step.name),
            operation_id=self.row["id"],
            resource_id=self.row["resource_id"],
            params=self.row["params"],
            attempt=self.row["attempt"],
            results=_results(self.entries),
            failures=self._failures(),
            outbox=self.engine.outbox,
            limit=step.limit,
        )

    def _failures(self) -> list[Mapping[str, Any]]:
        failures: list[Mapping[str, Any]] = []
        for attempt in range(1, self.row["attempt"]):
            entries = [entry for entry in self.earlier if entry["attempt"] == attempt]
            error: Mapping[str, Any] = next(
                (e["error"] for e in entries if e["phase"] == "do" and e["state"] == "failed"), {}
            )
            failures.append({**error, "results": _results(entries)})
        return failures

    def _record(self, entry: Row | None, **values: Any) -> None:
        if entry is not None:
            self.tx.execute(sql_update(journal).where(journal.c.id == entry["id"]).values(**values))
            entry.update(values)
            return
        self.number += 1
        entry = {
            "id": f"{self.row['id']}.{self.number}",
            "operation_id": self.row["id"],
            "number": self.number,
            "attempt": self.row["attempt"],
            "tries": 0,
            "began_at": self.tx.now,
            "expects": None,
            "expected_by": None,
            "result": None,
            "error": None,
            "statements": None,
            "ended_at": None,
        } | values
        self.tx.execute(insert(journal).values(**entry))
        self.entries.append(entry)


def _results(entries: Iterable[Row]) -> dict[str, Mapping[str, Any]]:
    return {entry["step"]: entry["result"] or {} for entry in entries if entry["phase"] == "do"}


def _reason(error: Exception) -> dict[str, Any]:
    """What the journal keeps of an error. What a new try of the transaction may cure is raised instead."""
    if isinstance(error, StaleWrite) or (
        isinstance(error, DBAPIError) and (worth_a_retry(error) or unreachable(error))
    ):
        raise error
    if isinstance(error, CupolaError):
        return {"code": error.kind, "message": error.message}
    log.error("a step raised", exc_info=error)
    return {"code": type(error).__name__, "message": str(error) or type(error).__name__}


def _back_off(tries: int) -> timedelta:
    doubled: timedelta = BACK_OFF_FIRST * 2 ** min(tries - 1, 10)
    return min(doubled, BACK_OFF_MOST)
