"""What is read from a transport URL and from the broker's policies."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from tests.unit.install.machines import SaidMachine, situation, worst

from cupola.install.checks.broker import Address, _policies, broker
from cupola.install.machine import Answer

HERE = Address("127.0.0.1", 5672, "cupola", "secret", "/", False)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("amqp://u:p%2F@mq/cloud", Address("mq", 5672, "u", "p/", "cloud", False)),
        ("amqps://u:p@mq1:1,u:p@mq2:2/", Address("mq1", 1, "u", "p", "/", True)),
        ("amqp://u:p@mq//v?ssl=1", Address("mq", 5671, "u", "p", "/v", True)),
    ],
)
def test_the_url_is_read_as_oslo_messaging_writes_it(url: str, address: Address) -> None:
    assert Address.of(url) == address


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
    away = Address("mq", 5672, "cupola", "secret", "/", False)
    assert worst(list(_policies(SaidMachine(), away))) == [
        ("unknown", "the policies of the broker at mq could not be seen")
    ]


def test_a_broker_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    there = situation(SaidMachine(), tmp_path)
    object.__setattr__(there.settings.main, "transport_url", "amqp://cupola:secret@127.0.0.1:1/cloud")
    (finding,) = broker(there)
    assert "does not answer cupola at 127.0.0.1:1/cloud" in finding.what
    assert "secret" not in str(finding)
