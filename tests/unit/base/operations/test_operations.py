"""Operations on a toy service: a lamp on a host. What holds here holds for every operation of every service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.operations import Operation, OperationLive, Report, Run, Step, StepFailed
from cupola.base.operations.tables import journal, outbox


def test_an_operation_ends_done_when_its_host_reported(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    operation = home.submit("lamp.light")
    home.simulator.settle()

    assert home.state(operation)["state"] == "done"
    assert lamps.lit == {"one"}
    steps = home.rows(select(journal).order_by(journal.c.number))
    assert [(step["step"], step["state"]) for step in steps] == [("wish", "done"), ("switch", "done")]
    assert steps[1]["result"] == {"lit": True}
    message = home.rows(select(outbox))[0]
    assert (message["state"], message["request_id"], message["operation_id"]) == ("done", "req-1", operation)


def test_a_resource_has_one_live_operation(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    home.submit("lamp.light")
    with pytest.raises(OperationLive):
        home.submit("lamp.light")


def test_a_superseding_operation_takes_over(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    first = home.submit("lamp.light")
    second = home.submit("lamp.light", supersede=True)
    home.simulator.settle()
    assert home.state(first)["state"] == "superseded"
    assert home.state(second)["state"] == "done"


def test_a_host_that_fails_makes_every_step_undone_in_reverse(house: Any, lamps: Any, light: Any) -> None:
    undone: list[str] = []
    home = house(light(lamps, undone))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.settle()

    state = home.state(operation)
    assert state["state"] == "undone"
    assert state["error"] == {"code": "StepFailed", "message": "the bulb is broken", "step": "switch"}
    assert undone == ["switch", "wish", "told the bulb is broken"]


def test_a_step_that_may_be_retried_is_tried_again_after_its_undo(house: Any, lamps: Any, light: Any) -> None:
    undone: list[str] = []
    home = house(light(lamps, undone, attempts=3, retry=True))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.settle()

    assert home.state(operation)["attempt"] == 3
    assert undone == ["switch", "wish"] * 3 + ["told the bulb is broken"]


def test_an_undo_that_fails_is_retried_until_it_succeeds(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    lamps.broken = True
    failures = iter([True, True, False])

    def fault(operation: str, step: str, phase: str) -> None:
        if phase == "undo" and next(failures, False):
            raise StepFailed("not now")

    home.engine.fault = fault
    operation = home.submit("lamp.light")
    home.simulator.settle()
    assert home.state(operation)["state"] == "undone"
    assert [row["tries"] for row in home.rows(select(journal).where(journal.c.phase == "undo"))] == [2, 0]


def test_a_silent_host_is_named_when_the_step_is_overdue(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.light")
    home.simulator.settle()
    error = home.state(operation)["error"]
    assert error["code"] == "StepOverdue"
    assert "Host h1 did not report 'switch' within 300 s" in error["message"]


def test_a_forward_only_operation_is_repeated_until_it_succeeds(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps, forward_only=True))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.run_for(20)
    assert home.state(operation)["state"] == "running"
    lamps.broken = False
    home.simulator.settle()
    assert home.state(operation)["state"] == "done"


def test_a_lost_message_is_sent_again_with_the_same_id(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.light")
    home.simulator.run_for(1)
    home.bus.receive("host.h1")  # taken by nobody, never acknowledged: lost
    home.simulator.start("host.h1")
    home.simulator.settle()
    assert home.state(operation)["state"] == "done"
    assert [row["sends"] for row in home.rows(select(outbox))] == [1]


def test_a_repeated_command_is_done_once_and_reported_twice(house: Any, lamps: Any) -> None:
    home = house()

    def send(tx: Transaction) -> str:
        ctx: Context = home.ctx
        return home.engine.outbox.queue(tx, ctx, "h1", "command", "lamp/one", {"verb": "blink"}, message_id="m1")

    home.ctx.transact("test", send)
    row = home.rows(select(outbox))[0]
    home.bus.publish(home.engine.outbox.message(row))
    before = lamps.switched
    home.simulator.run_for(1)
    assert lamps.switched == before + 1
    assert home.rows(select(outbox))[0]["report"]["result"] == {"verb": "blink"}


def test_a_report_from_another_host_is_refused(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.light")
    home.simulator.run_for(1)
    row = home.rows(select(outbox))[0]
    message = home.engine.outbox.message(row)
    forged = Report(row["id"], "h2", True, {"lit": True})
    home.bus.publish(
        type(message)(id=row["id"], topic="reports", type="report", subject="lamp/one", payload=forged.to_payload())
    )
    home.simulator.run_for(1)
    assert home.rows(select(outbox))[0]["state"] == "out"
    assert home.state(operation)["state"] == "running"


def test_a_step_that_fails_after_asking_a_host_has_asked_nothing(house: Any, lamps: Any) -> None:
    """The message is undone with the step: a host never hears of what was not committed."""

    def blink(run: Run) -> None:
        run.send("h1", "command", "lamp/one", {"verb": "blink"})
        raise StepFailed("second thoughts")

    home = house(Operation("lamp.blink", "lamp", (Step(blink),)))
    operation = home.submit("lamp.blink")
    home.simulator.settle()
    assert home.state(operation)["state"] == "undone"
    assert home.rows(select(outbox)) == []
    assert lamps.switched == 0


def test_a_step_that_raises_a_bug_is_undone_with_its_name_as_the_reason(house: Any) -> None:
    def trip(run: Run) -> None:
        raise ZeroDivisionError("by zero")

    home = house(Operation("lamp.trip", "lamp", (Step(trip),)))
    operation = home.submit("lamp.trip")
    home.simulator.settle()
    assert home.state(operation)["error"] == {"code": "ZeroDivisionError", "message": "by zero", "step": "trip"}


def test_an_operation_that_ended_well_has_no_error_whatever_failed_on_the_way(
    house: Any, lamps: Any, light: Any
) -> None:
    home = house(light(lamps, attempts=2, retry=True))
    lamps.broken = True

    def mended(operation: str, step: str, phase: str) -> None:
        lamps.broken = lamps.broken and phase != "undo"

    home.engine.fault = mended
    operation = home.submit("lamp.light")
    home.simulator.settle()
    state = home.state(operation)
    assert (state["state"], state["attempt"], state["error"]) == ("done", 2, None)
    failed = [row["error"]["message"] for row in home.rows(select(journal).where(journal.c.state == "failed"))]
    assert failed == ["the bulb is broken"]


def test_later_attempts_know_what_failed_before(house: Any, lamps: Any) -> None:
    known: list[Any] = []

    def choose(run: Run) -> dict[str, Any]:
        known.append([(failure["message"], failure["results"]["choose"]["host"]) for failure in run.failures])
        return {"host": f"h{run.attempt}"}

    def try_it(run: Run) -> None:
        raise StepFailed(f"{run.results['choose']['host']} is full")

    home = house(Operation("lamp.place", "lamp", (Step(choose), Step(try_it, retry=True)), attempts=3))
    home.submit("lamp.place")
    home.simulator.settle()
    assert known == [[], [("h1 is full", "h1")], [("h1 is full", "h1"), ("h2 is full", "h2")]]


def test_reports_come_in_the_order_of_the_questions(house: Any, lamps: Any) -> None:
    order: list[str] = []

    def ask(run: Run) -> None:
        for number in range(9, 0, -1):
            run.send("h1", "command", f"lamp/{number}", {"verb": f"v{number}"})

    def hear(run: Run, reports: Sequence[Report]) -> None:
        order.extend(report.result["verb"] for report in reports)

    home = house(Operation("lamp.ask", "lamp", (Step(ask, reported=hear),)))
    home.submit("lamp.ask")
    home.simulator.settle()
    assert order == [f"v{number}" for number in range(9, 0, -1)]


def test_when_undone_that_fails_keeps_the_operation_live_until_it_succeeds(house: Any) -> None:
    failures = iter([True, True])
    told: list[str] = []

    def fail(run: Run) -> None:
        raise StepFailed("no")

    def tell(run: Run, error: Mapping[str, Any]) -> None:
        if next(failures, False):
            raise LookupError("not now")
        told.append(error["message"])

    home = house(Operation("lamp.fail", "lamp", (Step(fail),), when_undone=tell))
    operation = home.submit("lamp.fail")
    home.simulator.run_for(1)
    assert home.state(operation)["state"] == "undoing"
    home.simulator.settle()
    assert (home.state(operation)["state"], told) == ("undone", ["no"])


def test_when_undone_that_fails_does_not_keep_an_undo_from_being_tried_again(house: Any) -> None:
    failures = iter([True, True, True])

    def fail(run: Run) -> None:
        raise StepFailed("no")

    def back(run: Run) -> None:
        if next(failures, False):
            raise StepFailed("stuck")

    def tell(run: Run, error: Mapping[str, Any]) -> None:
        if home.state(run.operation_id)["state"] == "running":
            raise LookupError("not now")

    home = house(Operation("lamp.fail", "lamp", (Step(fail, undo=back),), when_undone=tell))
    operation = home.submit("lamp.fail")
    home.simulator.settle()
    assert home.state(operation)["state"] == "undone"
    assert [row["tries"] for row in home.rows(select(journal).where(journal.c.phase == "undo"))] == [3]


def test_a_step_need_not_be_reported_when_it_says_so(house: Any) -> None:
    def tell(run: Run) -> None:
        run.send("h1", "converge", "lamp/one")

    home = house(Operation("lamp.tell", "lamp", (Step(tell, must_report=False),)))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.tell")
    home.simulator.settle()
    assert home.state(operation)["state"] == "done"


def test_an_operation_that_no_program_knows_stops_no_other(house: Any, lamps: Any, light: Any) -> None:
    def done(run: Run) -> None:
        pass

    home = house(light(lamps), Operation("lamp.forgotten", "lamp", (Step(done),)))
    forgotten = home.submit("lamp.forgotten", "old")
    del home.engine.definitions["lamp.forgotten"]
    operation = home.submit("lamp.light")
    home.simulator.run_for(5)
    assert home.state(operation)["state"] == "done"
    assert home.state(forgotten)["due_at"] > home.clock.now()


def test_what_an_operation_wrote_for_a_superseded_one_is_heard_without_harm(house: Any, lamps: Any, light: Any) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    first = home.submit("lamp.light")
    home.simulator.run_for(1)
    second = home.submit("lamp.light", supersede=True)
    home.simulator.start("host.h1")
    home.simulator.settle()
    assert home.state(first)["error"]["message"] == f"operation {second} took over"
    assert {row["state"] for row in home.rows(select(outbox))} == {"done"}
    assert home.state(second)["state"] == "done"


def test_the_steps_of_an_operation_act_for_the_request_that_asked(house: Any) -> None:
    seen: list[Context] = []

    def look(run: Run) -> None:
        seen.append(run.ctx)

    home = house(Operation("lamp.look", "lamp", (Step(look),)))
    operation = home.submit("lamp.look")
    home.simulator.settle()
    ctx = seen[0]
    assert (ctx.request_id, ctx.operation_id, ctx.step) == ("req-1", operation, "look")
    assert ctx.caller == home.ctx.caller


def test_an_operation_without_steps_is_done_with_its_commit_whatever_else_is_live(
    house: Any, lamps: Any, light: Any
) -> None:
    home = house(light(lamps), Operation("lamp.note", "lamp", ()))
    live = home.submit("lamp.light")
    note = home.submit("lamp.note")
    assert (home.state(note)["state"], home.state(live)["state"]) == ("done", "running")
