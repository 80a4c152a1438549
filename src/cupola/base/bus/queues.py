"""The queues of a cloud: few, durable, and named after who listens.

`<prefix>.host.<name>` for each host, `<prefix>.reports`, `<prefix>.conductor` and `<prefix>.dead`, all of them quorum
queues on the default exchange. What is there already is used as it is: an operator, or an older
version, may have declared it with other arguments.
"""

from __future__ import annotations

import threading
from typing import Any

from cupola.base.bus.message import CONDUCTOR, DEAD

PREFIX = "cupola"

DELIVERIES_MOST = 20
"""How often a message is delivered anew before it is put away in `dead`."""
COPY_LASTS = 300
"""Seconds that a message waits for its host. The relay sends it again every minute, so that a host which is away finds
some copies and not thousands."""
WAKE_UP_LASTS = 10
DEAD_MOST = 10_000


class Queues:
    """The queues whose names begin with `prefix`, as one process uses them."""

    def __init__(self, prefix: str = PREFIX) -> None:
        self.prefix = prefix
        self._one_at_a_time = threading.Lock()  # two declarations of one queue at once are an error of RabbitMQ's

    def name(self, topic: str) -> str:
        return f"{self.prefix}.{topic}"

    def arguments(self, topic: str) -> dict[str, Any]:
        """What the queue of a topic is declared with."""
        if topic == CONDUCTOR:  # wake-ups: whoever misses one looks by itself
            return {"x-queue-type": "quorum", "x-message-ttl": WAKE_UP_LASTS * 1000, "x-max-length": 1000}
        if topic == DEAD:
            return {"x-queue-type": "quorum", "x-max-length": DEAD_MOST}
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERIES_MOST,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.name(DEAD),
        }
        if topic.startswith("host."):
            arguments["x-message-ttl"] = COPY_LASTS * 1000
        return arguments

    def declare(self, channel: Any, topic: str) -> None:
        """Have the queue of a topic be there, and the one that its dead letters go to."""
        with self._one_at_a_time:
            for each in (topic,) if topic in (CONDUCTOR, DEAD) else (DEAD, topic):
                if not _is_there(channel, self.name(each)):
                    arguments = self.arguments(each)
                    channel.queue_declare(self.name(each), durable=True, auto_delete=False, arguments=arguments)


def _is_there(channel: Any, queue: str) -> bool:
    from amqp.exceptions import NotFound

    try:
        channel.queue_declare(queue, passive=True)
    except NotFound:  # the channel was closed for it, and is open again
        return False
    return True
