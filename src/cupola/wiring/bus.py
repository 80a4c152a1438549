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


def require_no_broker(settings: Settings) -> None:
    """Raises ConfigurationError when a process that is a whole cloud is to have a broker.

    Its host has no credential, so nothing that it is ordered or says bears a seal: whoever may log in at the broker
    could do both.
    """
    if is_broker(settings.main.transport_url):
        raise ConfigurationError(
            "[DEFAULT] transport_url names a broker, which a cloud in one process neither needs nor may trust: leave "
            "it out, or start the parts of the cloud by themselves (cupola api, cupola conductor, cupola agent; see "
            "docs/parts.md)."
        )


def bus_alone(settings: Settings, wakeups: Wakeups) -> Bus:
    """The bus of a process that is a whole cloud. Raises as `require_no_broker`."""
    require_no_broker(settings)
    return MemoryBus(wakeups)


def bus_apart(settings: Settings, wakeups: Wakeups, part: str) -> Bus:
    """The bus of a process that has only some of the cloud's parts; `part` (api, conductor …) is what the broker's own
    tools call it. Nothing is connected yet. Raises ConfigurationError without a broker.
    """
    if not is_broker(settings.main.transport_url):
        raise ConfigurationError(
            "[DEFAULT] transport_url is memory://, by which the parts of one process reach each other and no others: "
            "name a broker (rabbit://user:password@host:5672/vhost), or start the whole cloud with `cupola up`."
        )
    if find_spec("kombu") is None:
        raise ConfigurationError("[DEFAULT] transport_url needs kombu: install cupola with its extra `rabbitmq`.")
    from cupola.base.bus.amqp import AmqpBus

    name = f"cupola {part} {settings.main.host} {os.getpid()}"
    return AmqpBus(brokers_of(settings.main.transport_url, settings.broker), settings.broker, wakeups, name)
