"""The outbox: a message goes out with its commit, is sent again ever more slowly, and ends with its report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cupola.base.bus.message import Message
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.operations import Report
from cupola.base.operations.outbox import FEW, HURRIED_MOST, RELAY, RESEND_FIRST
from cupola.base.operations.relay import BATCH, Relay
from cupola.base.operations.tables import outbox


def queue(home: Any, subject: str = "lamp/one", **options: Any) -> str:
    box = home.engine.outbox
    return str(home.ctx.transact("queue", lambda tx: box.queue(tx, home.ctx, "h1", "converge", subject, **options)))


def waiting(home: Any) -> list[Message]:
    return [delivery.message for delivery in home.bus.receive("host.h1", 1000)]


def row(home: Any) -> dict[str, Any]:
    return dict(home.rows(select(outbox))[0])


@pytest.fixture
def home(house: Any) -> Any:
    return house()


@pytest.fixture
def relay(home: Any) -> Relay:
    return Relay(home.cloud, home.bus, home.engine.outbox)


def test_a_message_goes_out_after_its_commit_and_carries_the_ids_of_its_request(home: Any) -> None:
    message_id = queue(home, payload={"why": "ä"})
    (message,) = waiting(home)
    assert (message.id, message.type, message.subject) == (message_id, "converge", "lamp/one")
    assert (message.payload, message.request_id) == ({"why": "ä"}, "req-1")
    assert (row(home)["state"], row(home)["sends"]) == ("out", 0)


def test_a_message_of_a_transaction_that_came_to_nothing_never_goes_out(home: Any) -> None:
    def body(tx: Transaction) -> None:
        home.engine.outbox.queue(tx, home.ctx, "h1", "converge", "lamp/one")
        raise LookupError("no")

    with pytest.raises(LookupError):
        home.ctx.transact("queue", body)
    assert (waiting(home), home.rows(select(outbox))) == ([], [])


def test_a_message_id_is_taken_once(home: Any) -> None:
    queue(home, message_id="m1")
    with pytest.raises(Duplicate):
        queue(home, message_id="m1")


def test_a_message_without_a_report_is_sent_again_ever_more_slowly(home: Any, relay: Relay) -> None:
    message_id = queue(home)
    waiting(home)
    start, sent = home.clock.now(), []
    for _ in range(4 * 60):
        home.clock.advance(1)
        relay.step(home.clock.now())
        sent += [((home.clock.now() - start).total_seconds(), message.id) for message in waiting(home)]
    assert sent == [(when, message_id) for when in (5, 15, 35, 75, 135, 195)]
    assert row(home)["sends"] == 6


def test_the_relay_wakes_when_the_next_message_is_due(home: Any, relay: Relay) -> None:
    now = home.clock.now()
    assert relay.step(now) == now + timedelta(seconds=5), "nothing is out: it looks again soon"
    queue(home)
    home.clock.advance(3)
    assert relay.step(home.clock.now()) == now + timedelta(seconds=5)


def test_a_message_past_its_deadline_is_dead(home: Any, relay: Relay) -> None:
    queue(home, deadline=home.clock.now() + timedelta(seconds=12))
    waiting(home)
    for _ in range(20):
        home.clock.advance(1)
        relay.step(home.clock.now())
    assert len(waiting(home)) == 1, "sent again after 5 seconds, given up instead of after 15"
    assert (row(home)["state"], row(home)["next_send_at"]) == ("dead", None)
    assert row(home)["error"] == "no report before the deadline"


def test_more_messages_than_a_batch_are_all_sent(home: Any, relay: Relay) -> None:
    box = home.engine.outbox
    many = range(BATCH + 5)
    home.ctx.transact("queue", lambda tx: [box.queue(tx, home.ctx, "h1", "converge", f"lamp/{n}") for n in many])
    waiting(home)
    home.clock.advance(5)
    assert relay.step(home.clock.now()) <= home.clock.now(), "there is more, so at once again"
    relay.step(home.clock.now())
    assert len(waiting(home)) == BATCH + 5


def test_a_report_ends_its_message_once(home: Any, relay: Relay) -> None:
    message_id = queue(home)
    sent_at, done_at = waiting(home)[0].sent_at, home.clock.now().isoformat()
    report = Report(message_id, "h1", True, {"lit": True}, effects=({"what": "lit"},), done_at=done_at)
    assert (
        home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", sent_at))["subject"]
        == "lamp/one"
    )
    assert home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", sent_at)) is None
    ended = row(home)
    assert (ended["state"], ended["sent_at"], ended["done_at"]) == ("done", home.clock.now(), home.clock.now())
    assert Report.from_payload(ended["report"]) == report
    home.clock.advance(60)
    relay.step(home.clock.now())
    assert waiting(home) == []


def test_a_failed_report_ends_its_message_with_the_error(home: Any) -> None:
    report = Report(queue(home), "h1", False, error={"code": "Broken", "message": "the bulb is broken"})
    home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", ""))
    assert (row(home)["state"], row(home)["error"]) == ("done", "the bulb is broken")


def test_an_error_of_any_length_and_form_can_be_recorded(home: Any) -> None:
    log = "qemu: \x00 line\n" * 10000
    report = Report(queue(home), "h1", False, error={"code": "Broken", "message": log})
    home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", ""))
    assert row(home)["state"] == "done"
    assert row(home)["error"].startswith("qemu: \\x00 line\n")
    assert row(home)["report"]["error"]["message"] == log


@pytest.mark.parametrize("report", [Report("unknown", "h1", True), Report("m1", "h2", True)])
def test_a_report_of_no_message_or_from_another_host_ends_nothing(home: Any, report: Report) -> None:
    queue(home, message_id="m1")
    assert home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", "")) is None
    assert row(home)["state"] == "out"


@pytest.mark.parametrize(("asked", "subject"), [("command", "lamp/one"), ("converge", "lamp/none")])
def test_a_report_of_something_else_than_was_asked_ends_nothing(home: Any, asked: str, subject: str) -> None:
    report = Report(queue(home), "h1", True, asked=asked)
    assert home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, subject, "")) is None
    assert row(home)["state"] == "out"


def test_a_bus_that_fails_neither_undoes_the_commit_nor_loses_the_message(home: Any, relay: Relay) -> None:
    publish = home.bus.publish

    def away(message: Message) -> None:
        raise ConnectionError("no broker")

    home.bus.publish = away
    queue(home)
    home.bus.publish = publish
    assert (row(home)["state"], waiting(home)) == ("out", [])
    home.clock.advance(5)
    relay.step(home.clock.now())
    assert len(waiting(home)) == 1


def test_fields_that_a_newer_program_added_are_left_out() -> None:
    message = Message("m1", "host.h1", "converge", "lamp/one", {"a": 1})
    newer = message.encode()[:-1] + b',"colour":"blue"}'
    assert Message.decode(newer) == message


# telling a host to look again -----------------------------------------------------------------------------------------


def change(home: Any, *subjects: str) -> None:
    wanted = [("h1", subject) for subject in subjects]
    home.ctx.transact("change", lambda tx: home.engine.outbox.converge(tx, home.ctx, wanted))


def answer(home: Any, message: Message) -> Any:
    report = Report(message.id, "h1", True, asked="converge", asks=message.payload["asks"])
    return home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, message.subject, ""))


def states(home: Any) -> list[str]:
    return [each["state"] for each in home.rows(select(outbox).order_by(outbox.c.queued_at, outbox.c.id))]


def test_a_host_that_has_not_answered_is_told_again_when_it_has(home: Any) -> None:
    change(home, "lamp/one")
    (first,) = waiting(home)
    change(home, "lamp/one")
    change(home, "lamp/one")
    assert (waiting(home), states(home)) == ([], ["out"])
    assert answer(home, first) is not None, "what it saw is noted all the same"
    (second,) = waiting(home)
    assert (second.id, second.payload, states(home)) == (first.id, {"asks": 2}, ["out"])
    answer(home, second)
    assert (waiting(home), states(home)) == ([], ["done"])


def test_a_late_answer_to_what_was_told_before_says_nothing(home: Any) -> None:
    change(home, "lamp/one")
    (first,) = waiting(home)
    change(home, "lamp/one")
    answer(home, first)
    (second,) = waiting(home)
    assert answer(home, first) is None, "a copy of the message"
    assert (waiting(home), states(home)) == ([], ["out"])
    answer(home, second)
    assert states(home) == ["done"]


def test_a_host_that_answered_is_told_of_the_next_change_by_another_message(home: Any) -> None:
    change(home, "lamp/one")
    (first,) = waiting(home)
    answer(home, first)
    change(home, "lamp/one", "lamp/two")
    assert [message.subject for message in waiting(home)] == ["lamp/one", "lamp/two"]
    change(home, "lamp/one", "lamp/two", "lamp/three")
    assert [message.subject for message in waiting(home)] == ["lamp/three"]
    assert sorted(states(home)) == ["done", "out", "out", "out"]


def test_a_change_brings_the_next_attempt_forward(home: Any, relay: Relay) -> None:
    change(home, "lamp/one")
    for _ in range(HURRIED_MOST - 1):  # each time it waits longer
        home.clock.advance(60)
        relay.step(home.clock.now())
    change(home, "lamp/one")
    assert row(home)["next_send_at"] == home.clock.now() + RESEND_FIRST


def test_a_host_that_is_away_is_told_no_more_often_because_much_changes(home: Any, relay: Relay) -> None:
    change(home, "lamp/one")
    for _ in range(8):
        home.clock.advance(60)
        relay.step(home.clock.now())
    waiting(home)
    for _ in range(60):
        home.clock.advance(1)
        change(home, "lamp/one")
        relay.step(home.clock.now())
    assert len(waiting(home)) == 1


def test_a_busy_thing_is_not_told_of_late(home: Any, relay: Relay) -> None:
    change(home, "lamp/one")
    for _ in range(10):
        (message,) = waiting(home)
        home.clock.advance(6)
        relay.step(home.clock.now())
        waiting(home)
        change(home, "lamp/one")
        answer(home, message)
        assert (row(home)["queued_at"], row(home)["sends"]) == (home.clock.now(), 0)


def tell_many(home: Any, count: int, subject: str = "lamp/one") -> None:
    wanted = [(f"h{number}", subject) for number in range(1, count + 1)]
    home.ctx.transact("change", lambda tx: home.engine.outbox.converge(tx, home.ctx, wanted))


def test_few_hosts_are_told_at_once(home: Any) -> None:
    tell_many(home, FEW)
    assert len(waiting(home)) == 1


def test_many_hosts_are_told_together_of_what_changed_meanwhile(home: Any, relay: Relay) -> None:
    woken: list[None] = []
    home.wakeups.listen(RELAY, lambda: woken.append(None))
    tell_many(home, 50)
    home.clock.advance(0.5)
    tell_many(home, 50)
    relay.step(home.clock.now())
    assert (waiting(home), woken) == ([], [None]), "they wait for a second"
    home.clock.advance(0.5)
    relay.step(home.clock.now())
    (message,) = waiting(home)
    assert message.payload["asks"] == 1
    assert answer(home, message) is not None
    assert states(home).count("done") == 1, "the one message told of both changes"


def test_of_many_hosts_one_that_has_answered_is_told_again_with_what_changes_meanwhile(home: Any, relay: Relay) -> None:
    tell_many(home, 50)
    home.clock.advance(1)
    relay.step(home.clock.now())
    (first,) = waiting(home)
    tell_many(home, 50)
    answer(home, first)
    assert waiting(home) == []
    tell_many(home, 50)
    home.clock.advance(1)
    relay.step(home.clock.now())
    (second,) = waiting(home)
    assert (second.id, second.payload["asks"]) == (first.id, 2)
    answer(home, second)
    assert states(home).count("done") == 1


def test_what_was_told_late_is_sent_again_like_everything(home: Any, relay: Relay) -> None:
    tell_many(home, 1000)
    home.clock.advance(2)
    for seconds in (0, 5, 10):
        home.clock.advance(seconds)
        while relay.step(home.clock.now()) == home.clock.now():
            pass
        assert len(waiting(home)) == 1


def test_an_older_agent_that_names_no_number_is_told_again_all_the_same(home: Any) -> None:
    change(home, "lamp/one")
    (message,) = waiting(home)
    change(home, "lamp/one")
    report = Report(message.id, "h1", True)
    for state in ("out", "done"):
        home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, report, "lamp/one", ""))
        assert states(home) == [state]


def test_a_message_that_an_older_conductor_ended_lives_again_with_the_next_change(home: Any, relay: Relay) -> None:
    change(home, "lamp/one")
    waiting(home)
    ended = {"state": "done", "next_send_at": None}
    home.ctx.transact("end", lambda tx: tx.execute(update(outbox).values(**ended)))
    change(home, "lamp/one")
    home.clock.advance(RESEND_FIRST.total_seconds())
    relay.step(home.clock.now())
    assert (len(waiting(home)), states(home)) == (1, ["out"])


def test_a_number_that_nobody_told_ends_nothing(home: Any) -> None:
    change(home, "lamp/one")
    (message,) = waiting(home)
    forged = Report(message.id, "h1", True, asks=7)
    assert home.ctx.transact("end", lambda tx: home.engine.outbox.end(tx, forged, "lamp/one", "")) is None
    assert states(home) == ["out"]
