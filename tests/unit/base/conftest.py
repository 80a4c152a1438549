"""What tests of the base stand on: an empty database of each kind, and a context over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cupola.base import ledger
from cupola.base.bus.memory import MemoryBus
from cupola.base.clock import ManualClock, SystemClock
from cupola.base.context import Caller, Cloud, Context
from cupola.base.db.transaction import Database
from cupola.base.ids import SeededIds
from cupola.base.operations import Engine, Operation, Outbox
from cupola.base.policy import Enforcer
from cupola.base.runtime import Wakeups


class HastyClock(SystemClock):
    """Real time, for tests with threads; its pauses are a hundredth."""

    def pause(self, seconds: float) -> None:
        super().pause(seconds / 100)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def contended(database: Database) -> Database:
    """The database, about to be used by several threads."""
    database.clock = HastyClock()
    return database


@pytest.fixture
def database(database_url: str, clock: ManualClock) -> Iterator[Database]:
    database = Database(database_url, clock, durable=False, before_commit=ledger.record_change)
    yield database
    database.close()


@pytest.fixture
def file_database(tmp_path: Any, clock: ManualClock) -> Iterator[Database]:
    """For what does not depend on the kind of database."""
    database = Database(f"sqlite:///{tmp_path / 'file.db'}", clock, durable=False, before_commit=ledger.record_change)
    yield database
    database.close()


def context(database: Database, clock: Any, *operations: Operation) -> Context:
    """Somebody of project p1, over `database`."""
    wakeups = Wakeups()
    messages = Outbox(MemoryBus(wakeups), clock)
    engine = Engine(operations, messages, wakeups, "c1")
    cloud = Cloud(database, clock, SeededIds(1), Enforcer([]), engine, clock.pause)
    return Context(cloud, Caller(user_id="u1", user_name="Ann", project_id="p1", roles=("member",)), "req-1")


@pytest.fixture
def ctx(database: Database, clock: ManualClock) -> Context:
    return context(database, clock)


@pytest.fixture
def file_ctx(file_database: Database, clock: ManualClock) -> Context:
    return context(file_database, clock)


Together = Callable[[Callable[[int], object], int], list[object]]


@pytest.fixture
def together() -> Together:
    """Runs a function in several threads that start at the same moment; returns what each returned or raised."""

    def run(body: Callable[[int], object], count: int) -> list[object]:
        results: list[object] = [None] * count
        barrier = threading.Barrier(count)

        def one(number: int) -> None:
            barrier.wait(10)
            try:
                results[number] = body(number)
            except Exception as error:  # noqa: BLE001 - the test judges it
                results[number] = error

        threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run
