"""What the broker gave up is in the ledger, in traces, and among doctor's findings for as long as it matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cupola.base.bus.message import DEAD, Message
from cupola.base.ledger.tables import dead_letters
from cupola.base.operations.tables import outbox
from cupola.testing import brokers
from cupola.testing.cloud import TestCloud

Letter = Callable[..., Message]


@pytest.fixture
def cloud(tmp_path: Path) -> TestCloud:
    """Its bus hands on letters that were read already: how a broker gives them is told by tests of the bus."""
    with brokers.standing_on("memory"):
        return TestCloud(tmp_path)


def letter(id_: str = "letter-1", reason: str = "rejected", **about: Any) -> Message:
    """A dead letter, as `base/bus/dead.py` reads it."""
    said = {"queue": "cupola.host.h1", "reason": reason, "message_id": "", "type": "", "body": "{not\x00JSON", **about}
    return Message(id_, DEAD, "dead", "server/1", said, "req-x")


def arrive(cloud: TestCloud, *letters: Message) -> None:
    for each in letters:
        cloud.bus.publish(each)
    cloud.settle()
    cloud.run_for(1)


def put_away(cloud: TestCloud) -> list[Any]:
    return [finding for finding in cloud.findings() if finding.check == "message.put_away"]


def test_doctor_names_queue_reason_message_and_remedy(cloud: TestCloud) -> None:
    arrive(cloud, letter(message_id="m9", type="converge"), letter("letter-2", "delivery_limit"))
    findings = {finding.what.split(" from ")[0]: finding for finding in put_away(cloud)}
    unread, repeated = findings["Message m9 (converge)"], findings["Message without an id (of no type)"]
    assert "queue cupola.host.h1 could not be read" in unread.what
    assert "again and again" in repeated.what
    assert "may publish" in unread.remedy
    assert "log" in repeated.remedy
    assert unread.request_id == "req-x"


def test_one_letter_is_recorded_once_and_a_copy_that_waited_too_long_never(cloud: TestCloud) -> None:
    arrive(cloud, letter(), letter(), letter("letter-2", "expired"), letter("letter-3", "maxlen"))
    arrive(cloud, letter())
    rows = cloud.ctx.read("test", lambda tx: tx.all(select(dead_letters)))
    assert [(row["id"], row["body"]) for row in rows] == [("letter-1", "{not\\x00JSON")]


def test_it_is_no_finding_once_another_copy_was_answered(cloud: TestCloud) -> None:
    done = cloud.ctx.read("test", lambda tx: tx.all(select(outbox).where(outbox.c.state == "done")))[0]
    arrive(cloud, letter(message_id=done["id"]), letter("letter-2"))
    assert len(put_away(cloud)) == 1
    cloud.clock.advance(25 * 3600)
    assert put_away(cloud) == [], "nor one of which nobody heard again for a day"
    assert cloud.ctx.read("test", lambda tx: tx.scalar(select(func.count()).select_from(dead_letters))) == 2


def test_the_trace_of_its_request_shows_it(cloud: TestCloud) -> None:
    done = cloud.ctx.read("test", lambda tx: tx.all(select(outbox).where(outbox.c.state == "done")))[0]
    dead = letter(message_id=done["id"])
    arrive(cloud, Message(dead.id, DEAD, "dead", done["subject"], dead.payload, done["request_id"]))
    assert "the broker put it away: rejected in queue cupola.host.h1" in str(
        cloud.admin().get(f"/lens/v1/traces/{done['id']}").json
    )
