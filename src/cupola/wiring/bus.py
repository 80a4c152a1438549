"""The bus of a process, as its settings have it."""

from __future__ import annotations

import os
from importlib.util import find_spec

from cupola.base.bus.brokers import brokers_of, is_broker
from cupola.base.bus.memory import MemoryBus
from cupola.base.bus.protocol import Bus
from cupola.base.errors import ConfigurationError
from cupola.base.runtime import Wakeups
from cupola.wiring.settings import Settings


def make_bus(settings: Settings, wakeups: Wakeups, part: str) -> Bus:
    """The bus of a process; `part` (api, conductor …) is what the broker's own tools call it. Nothing is connected yet.

    Raises ConfigurationError.
    """
    if not is_broker(settings.main.transport_url):
        return MemoryBus(wakeups)
    if find_spec("kombu") is None:
        raise ConfigurationError("[DEFAULT] transport_url needs kombu: install cupola with its extra `rabbitmq`.")
    from cupola.base.bus.amqp import AmqpBus

    name = f"cupola {part} {settings.main.host} {os.getpid()}"
    return AmqpBus(brokers_of(settings.main.transport_url, settings.broker), settings.broker, wakeups, name)


def apart_bus(settings: Settings, wakeups: Wakeups, part: str) -> Bus:
    """The bus of a process that has only some of the cloud's parts. Raises ConfigurationError without a broker."""
    if not is_broker(settings.main.transport_url):
        raise ConfigurationError(
            "[DEFAULT] transport_url is memory://, by which the parts of one process reach each other and no others: "
            "name a broker (rabbit://user:password@host:5672/vhost), or start the whole cloud with `cupola up`."
        )
    return make_bus(settings, wakeups, part)
