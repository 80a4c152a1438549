"""What a host proves itself with, at an API and in its reports."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from cupola.base.bus.memory import MemoryBus
from cupola.base.bus.message import REPORTS, Message
from cupola.base.bus.report import Report
from cupola.base.clock import ManualClock
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.db.types import metadata
from cupola.base.errors import BadInput, Unauthenticated
from cupola.base.hosts.credentials import caller_of, issue, numbers, revoke
from cupola.base.hosts.seal import holds, is_order, sealed, sealed_order
from cupola.base.hosts.tables import credentials
from cupola.base.operations.conductor import Recorder
from cupola.base.runtime import Wakeups


@pytest.fixture
def cloud(file_ctx: Context) -> Context:
    metadata.create_all(file_ctx.cloud.db.engine, [credentials])
    return file_ctx


def test_a_credential_names_its_host_and_the_database_does_not_know_it(cloud: Context) -> None:
    credential = issue(cloud, "h1")
    assert caller_of(cloud, credential).host == "h1"
    secret = credential.partition(".")[2]
    (row,) = cloud.read("look", lambda tx: tx.all(select(credentials)))
    assert secret not in str(row) and len(secret) == 43


@pytest.mark.parametrize("change", [str.upper, lambda text: text[:-1], lambda text: text + "x", lambda text: ""])
def test_nothing_else_is_one(cloud: Context, change: object) -> None:
    credential = issue(cloud, "h1")
    id_, _, secret = credential.partition(".")
    for wrong in (f"{id_}.{change(secret)}", f"{'0' * 16}.{secret}", id_, f".{secret}", "ä.ö", ""):  # type: ignore[operator]
        with pytest.raises(Unauthenticated):
            caller_of(cloud, wrong)


def test_the_newest_two_are_good_until_they_are_revoked(cloud: Context, clock: ManualClock) -> None:
    made: list[str] = []
    for _ in range(3):
        made.append(issue(cloud, "h1"))
        clock.advance(1)
    issue(cloud, "h2")
    assert cloud.read("look", numbers) == {"h1": 2, "h2": 1}
    with pytest.raises(Unauthenticated):
        caller_of(cloud, made[0])
    assert {caller_of(cloud, each).host for each in made[1:]} == {"h1"}
    assert revoke(cloud, "h1") == 2
    assert cloud.read("look", numbers) == {"h2": 1}


@pytest.mark.parametrize("name", ["", "a b", "-h1", "h1/../h2", "h" * 65, "hö"])
def test_what_is_no_name_of_a_host_gets_none(cloud: Context, name: str) -> None:
    with pytest.raises(BadInput):
        issue(cloud, name)


def report(host: str = "h1", subject: str = "boat/1") -> Message:
    payload = Report("", host, True, {"power": "off", "at": 0.1, "list": [1, None]}, done_at="now").to_payload()
    return Message("", REPORTS, "report", subject, payload)


def test_a_seal_is_that_of_one_host_and_one_report(cloud: Context) -> None:
    credential, other = issue(cloud, "h1"), issue(cloud, "h2")
    message = Message.decode(sealed(report(), credential).encode())

    def good(message: Message, host: str = "h1") -> bool:
        return cloud.read("look", lambda tx: holds(tx, message, host))

    assert good(message)
    assert not good(message, "h2"), "who holds the credential of one host cannot speak for another"
    assert not good(sealed(report(), other))
    assert not good(report())
    assert not good(dataclasses.replace(message, subject="boat/2"))
    assert not good(dataclasses.replace(message, payload={**message.payload, "ok": False}))
    revoke(cloud, "h1")
    assert not good(message)


def test_an_order_bears_a_seal_for_each_credential_that_its_host_may_have(cloud: Context) -> None:
    credentials_ = [issue(cloud, "h1"), issue(cloud, "h1")]
    other = issue(cloud, "h2")

    def ordered(host: str) -> Message:
        order = Message(
            "m", f"host.{host}", "command", "boat/1", {"verb": "sink"}, deadline="2026-01-01T00:00:00+00:00"
        )
        payload = cloud.read("order", lambda tx: sealed_order(tx, host, order))
        return Message.decode(dataclasses.replace(order, payload=payload).encode())

    message = ordered("h1")
    assert all(is_order(message, each) for each in credentials_)
    assert not is_order(message, other)
    assert not is_order(dataclasses.replace(message, subject="boat/2"), credentials_[0])
    assert not is_order(dataclasses.replace(message, deadline=""), credentials_[0]), "or it could be delivered later"
    assert not is_order(dataclasses.replace(message, payload={**message.payload, "verb": "raise"}), credentials_[0])
    assert ordered("h3").payload == {"verb": "sink"}, "where hosts have no credential, none is asked for"


def test_a_report_without_its_hosts_seal_is_not_recorded(cloud: Context, clock: ManualClock) -> None:
    credential, other = issue(cloud, "h1"), issue(cloud, "h2")
    heard: list[str] = []

    def observe(tx: Transaction, ctx: Context, subject: str, said: Report) -> None:
        heard.append(subject)

    bus = MemoryBus(Wakeups())
    recorder = Recorder(cloud.cloud, bus, cloud.cloud.operations, {"boat": observe}, sealed=True)
    said: Sequence[Message] = (
        report(subject="boat/1"),
        sealed(report(subject="boat/2"), other),
        sealed(report(subject="boat/3"), credential),
    )
    for message in said:
        bus.publish(message)
    recorder.step(clock.now() + timedelta(0))
    assert heard == ["boat/3"]
    assert bus.depth(REPORTS) == 0
