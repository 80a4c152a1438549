"""Messages while RabbitMQ is killed and forgets everything: a short form of `python -m benchmarks.messages`."""

from __future__ import annotations

import pytest
from benchmarks.messages import run

from cupola.testing.servers.rabbitmq import installed


def test_none_is_lost_and_none_acted_on_twice_when_the_broker_dies() -> None:
    if not installed():
        pytest.skip("rabbitmq-server is not installed (`make test` installs it)")
    seen = run(2000, kills=1, wipe=True)
    assert (seen.messages, seen.kills, seen.lost, seen.twice) == (2000, 1, 0, 0), seen
