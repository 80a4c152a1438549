"""Asking a host something while a client waits: nothing of it stays behind."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import func, select
from tests.unit.base.operations.conftest import House, Lamps

from cupola.base.clock import ManualClock
from cupola.base.context import Call, Context
from cupola.base.db.transaction import Database
from cupola.base.ledger import record_change
from cupola.base.ledger.tables import requests
from cupola.base.operations.ask import ask
from cupola.base.operations.tables import outbox


@pytest.fixture
def house(file_database: Database, clock: ManualClock, lamps: Lamps) -> House:
    file_database.before_commit = record_change
    return House(file_database, clock, lamps)


def asking(house: House) -> Context:
    """Somebody whose request is served while the house goes on."""
    cloud = dataclasses.replace(house.cloud, wait=house.simulator.run_for)
    call = Call("POST", "/lamps/one/action", "/lamps/{id}/action", "lamps", house.clock.now(), 200)
    return dataclasses.replace(house.ctx, cloud=cloud, call=call)


def left(house: House) -> list[int]:
    return [house.rows(select(func.count().label("n")).select_from(table))[0]["n"] for table in (outbox, requests)]


@pytest.mark.parametrize(("type_", "verb"), [("question", {"verb": "glow"}), ("examine", {})])
def test_a_question_is_answered_and_leaves_nothing_behind(house: House, type_: str, verb: dict[str, str]) -> None:
    report = ask(asking(house), "h1", type_, "lamp/one", verb)
    assert report is not None and report.ok
    assert report.result == (verb or {"findings": []})
    assert left(house) == [0, 0]
    assert house.commands.report_of(report.message_id) is None


def test_a_question_that_nobody_answers_is_given_up_and_leaves_nothing_behind(house: House) -> None:
    house.simulator.stop("host.h1")
    began = house.clock.now()
    assert ask(asking(house), "h1", "question", "lamp/one", {"verb": "glow"}, wait=3) is None
    assert (house.clock.now() - began).total_seconds() == pytest.approx(3, abs=0.2)
    assert left(house) == [0, 0]
    house.simulator.start("host.h1")
    house.simulator.run_for(60)
    assert left(house) == [0, 0], "an answer that comes too late is nobody's"
