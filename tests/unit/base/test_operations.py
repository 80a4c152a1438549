"""Operations on a toy service: a lamp on a host. What holds here holds for every operation of every service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.bus.memory import MemoryBus
from cupola.base.clock import ManualClock
from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.hosts.agent import Agent, Outcome
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Document, LocalControl
from cupola.base.ids import SeededIds
from cupola.base.observe.findings import Finding
from cupola.base.operations import Engine, Operation, OperationLive, Outbox, Report, Run, Step, StepFailed
from cupola.base.operations.conductor import Recorder, Runner
from cupola.base.operations.relay import Relay
from cupola.base.operations.tables import journal, operations, outbox
from cupola.base.policy import Enforcer
from cupola.base.runtime import Wakeups
from cupola.testing.simulator import Simulator


class Lamps:
    """The lamps of one host, and what is wanted of them."""

    kinds = ("lamp",)

    def __init__(self) -> None:
        self.wanted: dict[str, Document] = {}
        self.lit: set[str] = set()
        self.switched = 0
        self.broken = False

    def facts(self) -> Mapping[str, Any]:
        return {"lamps": 8}

    def present(self) -> Sequence[str]:
        return [f"lamp/{id_}" for id_ in sorted(self.lit)]

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        return []

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        if self.broken:
            raise StepFailed("the bulb is broken")
        self.switched += 1
        if document is None:
            self.lit.discard(id_)
        else:
            self.lit.add(id_)
        return Outcome({"lit": document is not None})

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        self.switched += 1
        return Outcome({"verb": verb})

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        return sorted(self.wanted)

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        return {id_: self.wanted.get(id_) for id_ in ids}


class House:
    """A cloud of one toy service."""

    def __init__(self, path: Path, lamps: Lamps, *definitions: Operation) -> None:
        self.clock = ManualClock()
        self.wakeups = Wakeups()
        self.bus = MemoryBus(self.wakeups)
        self.db = Database(f"sqlite:///{path / 'house.db'}", self.clock, durable=False)
        metadata.create_all(self.db.engine)
        messages = Outbox(self.bus, self.clock)
        self.engine = Engine(definitions, messages, self.wakeups, "c1")
        self.cloud = Cloud(self.db, self.clock, SeededIds(1), Enforcer([]), self.engine, self.clock.pause)
        self.ctx = system_context(self.cloud, "req-1")
        control = LocalControl(self.cloud, {"lamp": lamps}, lambda ctx, i: iter(()), lambda ctx, n, a, p: (404, b""))
        commands = CommandStore(":memory:")
        self.simulator = Simulator(
            {
                "runner": lambda: Runner(self.cloud, self.engine),
                "reports": lambda: Recorder(self.cloud, self.bus, self.engine, {}),
                "relay": lambda: Relay(self.cloud, self.bus, messages),
                "host.h1": lambda: Agent("h1", self.bus, control, [lamps], commands, self.clock),
            },
            self.clock,
            self.wakeups,
            self.quiet,
        )

    def quiet(self) -> bool:
        return not self.rows(select(operations.c.id).where(operations.c.ended_at.is_(None)))

    def rows(self, statement: Any) -> list[dict[str, Any]]:
        return self.ctx.read("test", lambda tx: tx.all(statement))

    def submit(self, name: str, resource: str = "one", **options: Any) -> str:
        return self.ctx.transact("test", lambda tx: self.engine.submit(tx, self.ctx, name, resource, **options))

    def state(self, operation_id: str) -> dict[str, Any]:
        return self.rows(select(operations).where(operations.c.id == operation_id))[0]


@pytest.fixture
def lamps() -> Lamps:
    return Lamps()


@pytest.fixture
def house(tmp_path: Path, lamps: Lamps) -> Callable[..., House]:
    return lambda *definitions: House(tmp_path, lamps, *definitions)


def light(lamps: Lamps, undone: list[str] | None = None, **options: Any) -> Operation:
    undone = undone if undone is not None else []

    def wish(run: Run) -> dict[str, Any]:
        lamps.wanted[run.resource_id] = {"generation": 1}
        return {"wished": run.attempt}

    def unwish(run: Run) -> None:
        undone.append("wish")
        lamps.wanted.pop(run.resource_id, None)

    def switch(run: Run) -> None:
        run.send("h1", "converge", f"lamp/{run.resource_id}")

    def unswitch(run: Run) -> None:
        undone.append("switch")
        run.send("h1", "converge", f"lamp/{run.resource_id}", wait=False)

    def lit(run: Run, reports: Sequence[Report]) -> dict[str, Any]:
        return {"lit": reports[0].result["lit"]}

    def told(run: Run, error: Mapping[str, Any]) -> None:
        undone.append(f"told {error['message']}")

    steps = (Step(wish, undo=unwish), Step(switch, undo=unswitch, reported=lit, retry=options.pop("retry", False)))
    return Operation("lamp.light", "lamp", steps, when_undone=told, **options)


def test_an_operation_ends_done_when_its_host_reported(house: Callable[..., House], lamps: Lamps) -> None:
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


def test_a_resource_has_one_live_operation(house: Callable[..., House], lamps: Lamps) -> None:
    home = house(light(lamps))
    home.submit("lamp.light")
    with pytest.raises(OperationLive):
        home.submit("lamp.light")


def test_a_superseding_operation_takes_over(house: Callable[..., House], lamps: Lamps) -> None:
    home = house(light(lamps))
    first = home.submit("lamp.light")
    second = home.submit("lamp.light", supersede=True)
    home.simulator.settle()
    assert home.state(first)["state"] == "superseded"
    assert home.state(second)["state"] == "done"


def test_a_host_that_fails_makes_every_step_undone_in_reverse(house: Callable[..., House], lamps: Lamps) -> None:
    undone: list[str] = []
    home = house(light(lamps, undone))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.settle()

    state = home.state(operation)
    assert state["state"] == "undone"
    assert state["error"] == {"code": "StepFailed", "message": "the bulb is broken", "step": "switch"}
    assert undone == ["switch", "wish", "told the bulb is broken"]


def test_a_step_that_may_be_retried_is_tried_again_after_its_undo(house: Callable[..., House], lamps: Lamps) -> None:
    undone: list[str] = []
    home = house(light(lamps, undone, attempts=3, retry=True))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.settle()

    assert home.state(operation)["attempt"] == 3
    assert undone == ["switch", "wish"] * 3 + ["told the bulb is broken"]


def test_an_undo_that_fails_is_retried_until_it_succeeds(house: Callable[..., House], lamps: Lamps) -> None:
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


def test_a_silent_host_is_named_when_the_step_is_overdue(house: Callable[..., House], lamps: Lamps) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.light")
    home.simulator.settle()
    error = home.state(operation)["error"]
    assert error["code"] == "StepOverdue"
    assert "Host h1 did not report 'switch' within 300 s" in error["message"]


def test_a_forward_only_operation_is_repeated_until_it_succeeds(house: Callable[..., House], lamps: Lamps) -> None:
    home = house(light(lamps, forward_only=True))
    lamps.broken = True
    operation = home.submit("lamp.light")
    home.simulator.run_for(20)
    assert home.state(operation)["state"] == "running"
    lamps.broken = False
    home.simulator.settle()
    assert home.state(operation)["state"] == "done"


def test_a_lost_message_is_sent_again_with_the_same_id(house: Callable[..., House], lamps: Lamps) -> None:
    home = house(light(lamps))
    home.simulator.stop("host.h1")
    operation = home.submit("lamp.light")
    home.simulator.run_for(1)
    home.bus.receive("host.h1")  # taken by nobody, never acknowledged: lost
    home.simulator.start("host.h1")
    home.simulator.settle()
    assert home.state(operation)["state"] == "done"
    assert [row["sends"] for row in home.rows(select(outbox))] == [1]


def test_a_repeated_command_is_done_once_and_reported_twice(house: Callable[..., House], lamps: Lamps) -> None:
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


def test_a_report_from_another_host_is_refused(house: Callable[..., House], lamps: Lamps) -> None:
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
