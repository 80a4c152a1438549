"""`kill -9` of the cloud's process at random moments, with real guests: every server ends as it should."""

from __future__ import annotations

import os
import random
import time

import pytest

from cupola.cli.client import ApiError, NotRunning, wait_for
from cupola.testing.real import RealCloud

pytestmark = [pytest.mark.root, pytest.mark.guest]

KILLS = int(os.environ.get("CUPOLA_TEST_KILLS", "10"))
"""How often; `make test-full` does it 50 times."""


def test_servers_survive_the_death_of_the_process_at_any_moment(cloud: RealCloud) -> None:
    chance = random.Random(KILLS)
    active = 0
    for number in range(KILLS):
        accepted = []
        for name in ("a", "b"):
            accepted.append(cloud.boot(f"{name}{number}"))
        time.sleep(chance.random() * 0.6)
        deleted = accepted.pop() if number % 3 == 0 else None
        if deleted is not None:
            cloud.demo.call("DELETE", "compute", f"/servers/{deleted}")
            time.sleep(chance.random() * 0.2)
        cloud.kill()
        cloud.up()
        for server in accepted:
            cloud.until(server, "ACTIVE")
            active += 1
        if deleted is not None:
            wait_for("the deleted server stayed", 60, lambda deleted=deleted: _gone(cloud, deleted))
        cloud.delete(*accepted)
    cloud.until_no_findings(60)
    assert active >= KILLS


def _gone(cloud: RealCloud, server: str) -> bool | None:
    try:
        cloud.server(server)
    except NotRunning:
        return None
    except ApiError as error:
        return True if error.status == 404 else None
    return None
