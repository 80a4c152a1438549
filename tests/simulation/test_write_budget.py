"""What the whole path of a request writes, from the call to the last report: each fact once.

The project has its default security group already: its first port makes that, once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo

WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
ROWS, COMMITS = 25, 8


def written(cloud: TestCloud, ask: Callable[[], Any], commits: int = COMMITS) -> Counter[str]:
    """The rows written, by table, until all that was asked for is done."""
    rows: Counter[str] = Counter()

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if match := WRITES.match(re.sub(r"/\*.*?\*/ ", "", statement)):
            rows[match[1]] += cursor.rowcount

    before = cloud.database.statistics.rows_written, cloud.database.statistics.commits
    event.listen(cloud.database.engine, "after_cursor_execute", count)
    ask()
    cloud.settle()
    event.remove(cloud.database.engine, "after_cursor_execute", count)
    assert rows.total() == cloud.database.statistics.rows_written - before[0]
    assert cloud.database.statistics.commits - before[1] <= commits
    return +rows


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(TestCloud(tmp_path))


def test_creating_a_server(demo: Demo) -> None:
    demo.active()
    private = {"uuid": demo.network()}
    rows = written(demo.cloud, lambda: demo.boot("budget", private))
    assert rows == {
        "requests": 1,
        "quota_usages": 1,
        "ports": 3,  # made, bound, active
        "ip_allocations": 1,
        "port_security_groups": 1,
        "servers": 3,  # asked for, told to its host, built
        "operations": 3,  # the same
        "consumers": 1,
        "allocations": 3,
        "resource_providers": 1,
        "networks": 1,
        "journal": 3,  # two steps, of which one waits
        "outbox": 2,  # sent, answered
        "transitions": 1,
    }
    assert rows.total() <= ROWS


def test_deleting_a_server(demo: Demo) -> None:
    server = demo.active()
    rows = written(demo.cloud, lambda: demo.delete(server))
    assert rows.total() <= ROWS


@pytest.mark.parametrize("action", ["os-stop", "reboot"])
def test_acting_on_a_server(demo: Demo, action: str) -> None:
    server = demo.active()
    argument = {"type": "SOFT"} if action == "reboot" else None
    rows = written(demo.cloud, lambda: demo.act(server, action, argument))
    assert rows.total() <= 13, rows


def test_an_idle_cloud_writes_only_that_its_hosts_and_services_are_there(demo: Demo) -> None:
    demo.active()
    rows = written(demo.cloud, lambda: demo.cloud.run_for(60), commits=10)
    assert rows == {"hosts": 3, "compute_services": 4}
