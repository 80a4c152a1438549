"""What a host is told of servers: that one is to go, only if its row says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.compute.operations.wanted import ServerWanted
from cupola.testing.cloud import TestCloud
from cupola.testing.databases import by_hand
from cupola.testing.demo import Demo


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("wanted = 'gone'", "gone"),
        ("wanted = 'gone', host = NULL", "gone"),
        ("host = 'h2'", "gone"),
        ("deleted_at = created_at", "gone"),
        ("host = NULL, vm_state = 'building'", "nothing"),
        ("name = 'same'", "wanted"),
    ],
)
def test_only_a_row_that_says_so_takes_a_server_from_a_host(tmp_path: Path, change: str, told: str) -> None:
    cloud = TestCloud(tmp_path)
    server = Demo(cloud).active()
    by_hand(cloud.database, f"UPDATE servers SET {change}")
    documents = cloud.ctx.read("look", lambda tx: ServerWanted().documents(tx, "h1", [server, "never-recorded"]))
    assert list(documents) == ([] if told == "nothing" else [server])
    if told != "nothing":
        assert (documents[server] is None) is (told == "gone")
