"""A toy cloud of one service, the lamps of a host, with one operation that lights a lamp."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.bus.memory import MemoryBus
from cupola.base.clock import ManualClock
from cupola.base.context import Cloud, system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.hosts.agent import Agent, Outcome
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Document, LocalControl
from cupola.base.hosts.tables import credentials, hosts
from cupola.base.ids import SeededIds
from cupola.base.ledger.tables import requests
from cupola.base.observe.findings import Finding
from cupola.base.operations import Engine, Operation, Outbox, Report, Run, Step, StepFailed
from cupola.base.operations.conductor import Recorder, Runner
from cupola.base.operations.relay import Relay
from cupola.base.operations.tables import journal, operations, outbox
from cupola.base.policy import Enforcer
from cupola.base.runtime import Wakeups
from cupola.testing.simulator import Simulator


class Lamps:
    """The lamps of one host, and what is wanted of them."""

    kinds = ("lamp",)
    side_by_side = True

    def __init__(self) -> None:
        self.wanted: dict[str, Document] = {}
        self.lit: set[str] = set()
        self.switched = 0
        self.broken = False

    def facts(self) -> Mapping[str, Any]:
        return {"lamps": 8}

    def prepare(self) -> None:
        """Lamps stand on nothing."""

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

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        return ()


class House:
    """A cloud of one toy service."""

    def __init__(self, db: Database, clock: ManualClock, lamps: Lamps, *definitions: Operation) -> None:
        self.clock = clock
        self.wakeups = Wakeups()
        self.bus = MemoryBus(self.wakeups)
        self.db = db
        metadata.create_all(db.engine, [operations, journal, outbox, hosts, credentials, requests])
        messages = Outbox(self.bus, self.clock, self.wakeups.notify)
        self.engine = Engine(definitions, messages, self.wakeups, "c1")
        self.cloud = Cloud(self.db, self.clock, SeededIds(1), Enforcer([]), self.engine, self.clock.pause)
        self.ctx = system_context(self.cloud, "req-1")
        control = LocalControl(
            self.cloud, {"lamp": lamps}, lambda ctx, h, i, s: iter(()), lambda ctx, n, a, p: (404, b"")
        )
        self.commands = CommandStore(":memory:")
        self.simulator = Simulator(
            {
                "runner": lambda: Runner(self.cloud, self.engine),
                "reports": lambda: Recorder(self.cloud, self.bus, self.engine, {}),
                "relay": lambda: Relay(self.cloud, self.bus, messages),
                "host.h1": lambda: Agent("h1", self.bus, control, [lamps], self.commands, self.clock),
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
def house(database: Database, clock: ManualClock, lamps: Lamps) -> Callable[..., House]:
    return lambda *definitions: House(database, clock, lamps, *definitions)


@pytest.fixture
def light() -> Callable[..., Operation]:
    """Makes the operation that lights a lamp; `undone` hears what is undone."""
    return make_light


def make_light(lamps: Lamps, undone: list[str] | None = None, **options: Any) -> Operation:
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
