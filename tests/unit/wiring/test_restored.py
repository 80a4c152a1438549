"""A cloud whose database was restored from a backup, while its hosts have gone on."""

from __future__ import annotations

from pathlib import Path

from cupola.testing import databases
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo
from cupola.wiring.restored import catch_up


def go_back(cloud: TestCloud, kept: databases.Kept) -> None:
    """What `cupola db restore` does, in place."""
    kept.restore()
    with cloud.database.engine.begin() as connection:
        catch_up(connection)
    for host in cloud.hosts:
        cloud.simulator.stop(f"host.{host}")
        cloud.simulator.start(f"host.{host}")


def test_hosts_take_what_the_restored_database_wants(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    server = demo.active()
    kept = databases.Kept(cloud.database)
    later = [demo.active() for _ in range(2)]
    for what in ("os-stop", "os-start", "os-stop"):
        assert demo.act(server, what).status == 202
        cloud.settle()
    go_back(cloud, kept)
    cloud.settle()
    assert demo.active() not in later
    assert demo.act(server, "os-stop").status == 202
    cloud.settle()
    assert demo.status(server) == "SHUTOFF"


def test_a_server_that_was_being_built_is_not_built_a_second_time(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    demo.active()
    server = demo.boot()
    kept = databases.Kept(cloud.database)
    cloud.settle()
    assert server in cloud.guests()
    go_back(cloud, kept)
    cloud.settle()
    assert demo.status(server) == "ERROR"
    assert "restored from a backup" in demo.server(server)["fault"]["message"]
    assert server in cloud.guests()
    demo.delete(server)
    cloud.settle()
