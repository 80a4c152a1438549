"""Liveness asks nobody; readiness says which part is missing, and waits for none of them for long."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from cupola.base.bus.memory import MemoryBus
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database
from cupola.base.errors import Unavailable
from cupola.base.observe import health
from cupola.base.observe.health import Readiness, of_bus, of_database
from cupola.base.runtime import Wakeups


def test_each_part_says_how_it_is_and_no_secret_is_among_it() -> None:
    def away() -> str | None:
        raise Unavailable("the password of db.example is wrong")

    said = Readiness({"database": away, "schema": lambda: "is at revision 0001", "broker": lambda: None}).look()
    assert said == {"database": "does not answer", "schema": "is at revision 0001", "broker": "ok"}


def test_a_part_that_hangs_is_named_and_asked_by_one_thread_only() -> None:
    asked, go = [], threading.Event()

    def hang() -> str | None:
        asked.append(1)
        go.wait(10)
        return None

    readiness = Readiness({"first": lambda: None, "broker": hang}, within=0.1)
    began = time.monotonic()
    assert [readiness.look() for _ in range(3)] == [{"first": "ok", "broker": "does not answer"}] * 3
    assert time.monotonic() - began < 5
    assert len(asked) == 1
    go.set()


def test_many_who_ask_cost_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    readiness = Readiness({"database": lambda: asked.append(1)})
    for _ in range(20):
        readiness.look()
    assert len(asked) == 1
    monkeypatch.setattr(health, "FRESH", 0)
    readiness.look()
    assert len(asked) == 2


def test_a_database_is_ready_with_the_schema_of_this_program(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cupola.db'}", durable=False)
    parts = of_database(database)
    assert parts["database"]() is None
    assert "cupola db sync" in (parts["schema"]() or "")
    sync(database.engine)
    assert parts["schema"]() is None
    database.close()


def test_a_database_that_is_away_says_why_to_the_operator() -> None:
    database = Database("postgresql://cupola:secret@127.0.0.1:1/cupola")
    with pytest.raises(Unavailable, match=r"does not answer: .*refused") as told:
        database.ping()
    assert "secret" not in told.value.message


def test_a_broker_is_there_if_the_connections_to_it_are() -> None:
    class Bus(MemoryBus):
        def connections(self) -> dict[str, str | None]:
            return {"sends": "rabbit-1", "takes": up}

    up: str | None = "rabbit-2"
    (check,) = of_bus(Bus(Wakeups())).values()
    assert check() is None
    up = None
    assert check() == "is not connected"
    assert of_bus(MemoryBus(Wakeups())) == {}
