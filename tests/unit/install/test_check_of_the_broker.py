"""What is read from a transport URL and from the broker's policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from tests.unit.install.machines import SaidMachine, situation, worst

from cupola.base.bus.brokers import Broker
from cupola.install.checks.broker import _policies, broker
from cupola.install.checks.finding import Finding
from cupola.install.machine import Answer
from cupola.testing.servers.rabbitmq import RabbitServer, installed, rabbitmq_server

HERE = Broker("127.0.0.1", 5672, "cupola", "secret", "/", False)


def policies(**definition: object) -> Answer:
    listed = [
        {"name": "p", "pattern": "^cupola", "apply-to": "queues", "definition": orjson.dumps(definition).decode()}
    ]
    return Answer(0, orjson.dumps(listed).decode())


@pytest.mark.parametrize("key", ["message-ttl", "max-length", "ha-mode", "expires"])
def test_a_policy_that_loses_messages_is_found(key: str) -> None:
    machine = SaidMachine(answers={"rabbitmqctl --quiet list_policies": policies(**{key: 5})})
    (finding,) = _policies(machine, HERE)
    assert f"policy p sets {key}" in finding.what
    assert "clear_policy -p / p" in finding.remedy


def test_policies_of_other_queues_and_harmless_ones_are_not() -> None:
    machine = SaidMachine(answers={"rabbitmqctl --quiet list_policies": policies(**{"queue-leader-locator": "x"})})
    assert list(_policies(machine, HERE)) == []


def test_a_consumer_timeout_that_ends_connections_is_found() -> None:
    machine = SaidMachine(answers={"rabbitmqctl --quiet eval": Answer(0, "{ok,5000}\n")})
    (finding,) = _policies(machine, HERE)
    assert "consumer_timeout is 5000 ms" in finding.what


def test_what_cannot_be_seen_from_here_is_said() -> None:
    away = Broker("mq", 5672, "cupola", "secret", "/", False)
    assert worst(list(_policies(SaidMachine(), away))) == [
        ("unknown", "the policies of the broker at mq could not be seen")
    ]


def test_a_broker_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    (finding,) = look("amqp://cupola:secret@127.0.0.1:1/cloud", tmp_path)
    assert "127.0.0.1:1 does not let cupola into the virtual host cloud" in finding.what
    assert "secret" not in str(finding)


def look(url: str, tmp_path: Path) -> list[Finding]:
    return list(broker(situation(SaidMachine(), tmp_path, DEFAULT={"transport_url": url})))


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitServer]:
    if not installed():
        pytest.skip("RabbitMQ is not installed (`make test` installs it)")
    with rabbitmq_server() as server:
        yield server


def test_the_rights_that_we_advise_suffice_and_nothing_of_the_look_stays(rabbit: RabbitServer, tmp_path: Path) -> None:
    rabbit.ctl("set_permissions", "-p", "/", "cupola", "^cupola[.]", "^(cupola[.].*|amq[.]default)$", "^cupola[.]")
    assert look(rabbit.url, tmp_path) == []
    assert "check" not in rabbit.ctl("list_queues", "name")


@pytest.mark.parametrize(
    ("permissions", "lacking"),
    [
        (("^other", ".*", ".*"), "make quorum queues"),
        ((".*", "^cupola", ".*"), "write to queues"),
        ((".*", ".*", "^other"), "read from queues"),
    ],
)
def test_a_right_that_is_lacking_is_named(
    permissions: tuple[str, str, str], lacking: str, rabbit: RabbitServer, tmp_path: Path
) -> None:
    rabbit.ctl("set_permissions", "-p", "/", "cupola", *permissions)
    (finding,) = look(rabbit.url, tmp_path)
    assert f"cupola may not {lacking}" in finding.what
    assert "set_permissions" in finding.remedy
