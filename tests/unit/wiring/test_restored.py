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


def test_networks_and_routers_that_were_made_after_the_backup_are_left_as_they_are(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path)
    demo = Demo(cloud)
    kept = databases.Kept(cloud.database)
    network = demo.new_network("later", "10.7.0.0/24")
    server = demo.active({"uuid": network})
    router = demo.made("router", name="later", external_gateway_info={"network_id": demo.network("public")})
    cloud.settle()
    host = cloud.hosts["h1"]
    before = host.memory.documents("network")[network]
    assert before["ports"] and router in host.memory.documents("router")
    go_back(cloud, kept)
    cloud.run_for(600)
    assert server in cloud.guests()
    assert host.memory.documents("network")[network] == before
    assert router in host.memory.documents("router")
    found = {(finding.check, finding.subject) for finding in cloud.findings()}
    assert {("network.unwanted", f"network/{network}"), ("router.unwanted", f"router/{router}")} <= found
