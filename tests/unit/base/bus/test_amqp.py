"""The AMQP bus when the broker dies, hangs, forgets, or is one of several; on a real RabbitMQ."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator

import pytest

from cupola.base.bus.amqp import AmqpBus
from cupola.base.bus.brokers import BrokerSettings, brokers_of, connect
from cupola.base.bus.message import DEAD, Message
from cupola.base.bus.protocol import Delivery
from cupola.base.runtime import Wakeups
from cupola.testing.servers import free_port
from cupola.testing.servers.rabbitmq import RabbitServer, installed, rabbitmq_server

TOPIC = "host.h1"
SETTINGS = BrokerSettings(heartbeat=1, connect_timeout=1)
WITHIN = 30

SETTLED = 5.0
"""Seconds in which RabbitMQ 3.10 writes down that a queue is new. Killed before that, it has the queue without a leader
for ever (see docs/broker.md)."""

MakeBus = Callable[..., AmqpBus]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def frail() -> Iterator[RabbitServer]:
    """A RabbitMQ that tests may break."""
    if not installed():
        pytest.skip("rabbitmq-server is not installed")
    with rabbitmq_server(tls=True) as server:
        yield server


@pytest.fixture
def make_bus(frail: RabbitServer) -> Iterator[MakeBus]:
    """Makes buses of one cloud on queues of the test's own."""
    made: list[AmqpBus] = []
    prefix = f"amqp{next(_numbers)}"

    def make(url: str = "", settings: BrokerSettings = SETTINGS, hold: float = 600) -> AmqpBus:
        bus = AmqpBus(brokers_of(url or frail.url, settings), settings, Wakeups(), "test", prefix, hold)
        made.append(bus)
        return bus

    make.prefix = prefix  # type: ignore[attr-defined]
    yield make
    for bus in made:
        bus.close()


def message(id_: str, topic: str = TOPIC) -> Message:
    return Message(
        id_, topic, "converge", f"lamp/{id_}", {"n": 1}, "req-1", "operation-1", "", "2026-01-01T00:00:00+00:00"
    )


def take(bus: AmqpBus, count: int = 1, topic: str = TOPIC, within: float = WITHIN) -> list[Delivery]:
    """So many different messages."""
    taken: dict[str, Delivery] = {}
    end = time.monotonic() + within
    while len(taken) < count and time.monotonic() < end:
        for delivery in bus.receive(topic):
            taken[delivery.message.id] = delivery
        time.sleep(0.005)
    return list(taken.values())


def ids(deliveries: list[Delivery]) -> list[str]:
    for delivery in deliveries:
        delivery.ack()
    return sorted(delivery.message.id for delivery in deliveries)


def test_the_brokers_own_tools_show_the_ids(frail: RabbitServer, make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.publish(message("m1"))
    assert bus.flush(WITHIN)
    connection = connect(brokers_of(frail.url, SETTINGS)[0], SETTINGS, "a tool")
    found = connection.channel().basic_get(f"{make_bus.prefix}.{TOPIC}")  # type: ignore[attr-defined]
    connection.close()
    headers = found.properties.pop("application_headers")
    headers.pop("x-delivery-count")
    assert headers == {"request_id": "req-1", "subject": "lamp/m1", "deadline": "2026-01-01T00:00:00+00:00"}
    assert found.properties == {
        "content_type": "application/json",
        "delivery_mode": 2,
        "correlation_id": "operation-1",
        "message_id": "m1",
        "type": "converge",
        "app_id": "cupola",
    }
    assert "test sends" in frail.ctl("list_connections", "client_properties")


def test_what_was_confirmed_outlives_the_broker_and_the_rest_goes_when_it_is_back(
    frail: RabbitServer, make_bus: MakeBus
) -> None:
    sender, taker = make_bus(), make_bus()
    sender.publish(message("before"))
    assert sender.flush(WITHIN)
    time.sleep(SETTLED)
    frail.kill()
    began = time.monotonic()
    for number in range(100):
        sender.publish(message(str(number % 50)))  # the same ids twice: the newest of each is enough
    for asks in (1, 0):
        sender.publish(dataclasses.replace(message("50"), payload={"asks": asks}))
    assert time.monotonic() - began < 1, "nobody waits for a broker that is away"
    assert list(taker.receive(TOPIC)) == []
    frail.start()
    taken = take(taker, 52)
    assert ids(taken) == sorted(["before", *map(str, range(51))])
    counted = [each.message.payload for each in taken if each.message.id == "50"]
    assert counted == [{"asks": 1}], "not what was known before"
    assert sender.flush(WITHIN)
    assert ids(take(taker, 1, within=0.5)) == []


def test_a_wiped_broker_gets_its_queues_again(frail: RabbitServer, make_bus: MakeBus) -> None:
    sender, taker = make_bus(), make_bus()
    sender.publish(message("1"))
    (held,) = take(taker)
    frail.kill()
    frail.wipe()
    frail.start()
    sender.publish(message("2"))
    assert ids(take(taker)) == ["2"]
    held.ack()
    sender.publish(message("3"))
    assert ids(take(taker)) == ["3"], "an acknowledgement from before it harms nobody"


def test_a_queue_that_somebody_deleted_is_there_again(frail: RabbitServer, make_bus: MakeBus) -> None:
    sender, taker = make_bus(), make_bus()
    sender.publish(message("1"))
    assert ids(take(taker)) == ["1"]
    time.sleep(SETTLED)
    frail.ctl("delete_queue", f"{make_bus.prefix}.{TOPIC}")  # type: ignore[attr-defined]
    taken: list[Delivery] = []
    end = time.monotonic() + WITHIN
    while not taken and time.monotonic() < end:
        sender.publish(message("2"))  # as the relay does: the broker may lose what comes while a queue goes
        taken = take(taker, within=3)
    assert ids(taken) == ["2"]


def test_a_broker_that_hangs_is_left_and_found_again(frail: RabbitServer, make_bus: MakeBus) -> None:
    sender, taker = make_bus(), make_bus()
    sender.publish(message("1"))
    assert ids(take(taker)) == ["1"]
    frail.hang()
    try:
        for number in range(2, 5):
            sender.publish(message(str(number)))
        end = time.monotonic() + 10
        while any(taker.connections().values()) and time.monotonic() < end:
            time.sleep(0.05)
        assert list(taker.connections().values()) == [None], "two heartbeats are missed"
    finally:
        frail.resume()
    assert ids(take(taker, 3)) == ["2", "3", "4"]


def test_the_next_broker_is_taken_when_one_does_not_answer(frail: RabbitServer, make_bus: MakeBus) -> None:
    scheme, _, rest = frail.url.partition("://")
    user, _, address = rest.rpartition("@")
    bus = make_bus(f"{scheme}://{user}@127.0.0.1:{free_port()},{user}@{address}")
    bus.publish(message("1"))
    assert ids(take(bus)) == ["1"]
    assert set(bus.connections().values()) == {address.rstrip("/")}


def test_over_tls_with_an_authority_that_signed_the_broker(frail: RabbitServer, make_bus: MakeBus) -> None:
    assert frail.certificates is not None
    known = frail.certificates
    settings = BrokerSettings(ca_file=known.authority, cert_file=known.certificate, key_file=known.key)
    bus = make_bus(frail.tls_url, settings)
    bus.publish(message("1"))
    assert ids(take(bus)) == ["1"]


def test_a_broker_that_nobody_vouches_for_is_not_spoken_with(
    frail: RabbitServer, make_bus: MakeBus, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        bus = make_bus(frail.tls_url)
        bus.publish(message("1"))
        assert not bus.flush(1.0)
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    assert "broker/" not in caplog.text, "no password in the log"


def test_what_a_dead_consumer_had_comes_to_the_next(make_bus: MakeBus) -> None:
    sender, first, second = make_bus(), make_bus(), make_bus()
    sender.publish(message("1"))
    assert len(take(first)) == 1
    first.close()
    assert ids(take(second)) == ["1"]


def test_no_more_than_prefetch_are_here_unacknowledged(make_bus: MakeBus) -> None:
    bus = make_bus(settings=BrokerSettings(prefetch=3))
    for number in range(10):
        bus.publish(message(str(number)))
    assert bus.flush(WITHIN)
    held = take(bus, 3)
    assert (len(held), take(bus, 1, within=0.3)) == (3, [])
    held[0].ack()
    assert len(take(bus, 1)) == 1


def test_what_is_worked_on_for_long_is_acknowledged_meanwhile(make_bus: MakeBus) -> None:
    sender, slow, other = make_bus(), make_bus(hold=0.5), make_bus()
    sender.publish(message("taken"))
    (delivery,) = take(slow)
    sender.publish(message("waiting"))
    time.sleep(2)
    slow_has = slow.depth(TOPIC)
    assert slow_has == 1, "it still waits here"
    slow.close()
    assert take(other, 1, within=0.5) == [], "the broker has neither of them any more"
    delivery.ack()


def test_what_cannot_be_read_is_put_away(frail: RabbitServer, make_bus: MakeBus) -> None:
    import amqp

    bus = make_bus()
    assert list(bus.receive(TOPIC)) == []
    bus.publish(message("1"))
    assert ids(take(bus)) == ["1"]
    connection = connect(brokers_of(frail.url, SETTINGS)[0], SETTINGS, "a stranger")
    broken = amqp.Message(
        b"{not JSON", message_id="m9", application_headers={"request_id": "req-9", "subject": "lamp/9"}
    )
    connection.channel().basic_publish(broken, routing_key=f"{make_bus.prefix}.{TOPIC}")  # type: ignore[attr-defined]
    connection.close()
    (dead,) = take(bus, topic=DEAD)
    assert (dead.message.type, dead.message.subject, dead.message.request_id) == ("dead", "lamp/9", "req-9")
    said = dead.message.payload
    assert (said["reason"], said["message_id"], said["body"]) == ("rejected", "m9", "{not JSON")
    assert said["queue"].endswith(TOPIC)


def test_what_kills_every_consumer_is_put_away(make_bus: MakeBus) -> None:
    sender = make_bus()
    sender.publish(message("1"))
    end = time.monotonic() + WITHIN
    while not sender.depth(DEAD) and time.monotonic() < end:
        consumer = make_bus()
        take(consumer, within=0.2)
        consumer.close()
    (dead,) = take(sender, topic=DEAD)
    assert (dead.message.payload["reason"], dead.message.payload["message_id"]) == ("delivery_limit", "1")
    assert dead.message.operation_id == "operation-1"


def test_a_process_that_forked_has_connections_of_its_own(make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.publish(message("parent"))
    assert bus.flush(WITHIN)
    child = os.fork()
    if child == 0:  # only that leaves at once: the test runner is in here too
        try:
            bus.publish(message("child"))
            os._exit(0 if bus.flush(WITHIN) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    bus.publish(message("parent again"))
    assert ids(take(bus, 3)) == ["child", "parent", "parent again"]
