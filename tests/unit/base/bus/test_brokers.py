"""How `transport_url` is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.base.bus.brokers import Broker, BrokerSettings, brokers_of
from cupola.base.errors import ConfigurationError
from cupola.wiring.settings import load_settings

SETTINGS = BrokerSettings()


def test_a_url_as_openstack_operators_write_it() -> None:
    url = "rabbit://nova:s%40cret@rabbit1:5673,nova:other@[fd00::2]:5672/cloud"
    assert brokers_of(url, SETTINGS) == (
        Broker("rabbit1", 5673, "nova", "s@cret", "cloud", False),
        Broker("fd00::2", 5672, "nova", "other", "cloud", False),
    )


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("amqp://host", Broker("host", 5672, "guest", "guest", "/", False)),
        ("amqps://a:b@host/%2Fx", Broker("host", 5671, "a", "b", "/x", True)),
        ("rabbit://a:b@host:1/", Broker("host", 1, "a", "b", "/", False)),
        ("rabbit://a:b@host:1//?ssl=0", Broker("host", 1, "a", "b", "/", False)),
    ],
)
def test_what_is_left_out_is_as_rabbitmq_has_it(url: str, broker: Broker) -> None:
    assert brokers_of(url, SETTINGS) == (broker,)


def test_who_is_named_once_is_meant_for_all_brokers() -> None:
    assert [(b.user, b.password) for b in brokers_of("amqp://a:b@h1,h2", SETTINGS)] == [("a", "b")] * 2


def test_tls_may_be_a_setting() -> None:
    (broker,) = brokers_of("rabbit://h", BrokerSettings(tls=True))
    assert (broker.tls, broker.port) == (True, 5671)


@pytest.mark.parametrize(
    "url", ["amqp://a:secret@", "amqp://a:secret@h:0", "amqp://a:secret/1@h", "amqp://a:secret@h:x"]
)
def test_what_cannot_be_read_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="transport_url") as refused:
        brokers_of(url, SETTINGS)
    assert "secret" not in str(refused.value)


def test_a_broker_does_not_show_its_password() -> None:
    (broker,) = brokers_of("amqp://a:secret@h", SETTINGS)
    assert "secret" not in f"{broker} {broker!r}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('transport_url = "kafka://h"', "kafka"),
        ('transport_url = "rabbit://h"\n[broker]\nheartbeat = 0', "heartbeat must be 1 or more"),
        ('transport_url = "rabbit://h"\n[broker]\ncert_file = "/c"', "cert_file and key_file"),
        ('transport_url = "rabbit://h"\n[broker]\nca_file = "/nowhere"', "there is no file /nowhere"),
        ('transport_url = "rabbit://h"\n[broker]\nprefetched = 3', "did you mean 'prefetch'"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text(f"[DEFAULT]\n{text}\n")
    with pytest.raises(ConfigurationError, match=words):
        load_settings(file, tmp_path, {})
