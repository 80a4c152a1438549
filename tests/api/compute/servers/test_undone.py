"""What happens when a server cannot be built."""

from __future__ import annotations

from typing import Any

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import Verb


def test_no_host_has_room_and_the_fault_says_what_each_lacks(new_cloud: Any) -> None:
    cloud = new_cloud()
    cloud.add_host("small", memory_mb=192)
    cloud.add_host("smaller", memory_mb=96)
    cloud.settle()
    server_id = cloud.boot(flavorRef="2")
    cloud.settle()

    server = cloud.member().server(server_id)

    assert server["status"] == "ERROR"
    assert server["fault"]["code"] == 500
    assert server["fault"]["message"] == "No valid host was found: 2 considered; 2 lack 88 MB of memory."
    assert "details" not in server["fault"]
    assert "schedule" in cloud.admin().server(server_id)["fault"]["details"]


def test_a_host_that_fails_is_not_tried_again_and_another_takes_the_server(new_cloud: Any) -> None:
    cloud = new_cloud(["h1", "h2"])
    cloud.hypervisors["h1"].fail(Verb.START, HypervisorError("start", "disk full"))
    server_id = cloud.boot()
    cloud.settle()

    shown = cloud.admin().server(server_id)

    assert (shown["status"], shown["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "h2")
    assert cloud.hypervisors["h1"].observe() == {}


def test_when_every_host_failed_the_fault_says_why_and_nothing_is_held(cloud: Any) -> None:
    cloud.hypervisors["h1"].fail(Verb.START, HypervisorError("start", "disk full"))
    server_id = cloud.boot()
    cloud.settle()

    server = cloud.admin().server(server_id)

    assert server["status"] == "ERROR"
    assert server["fault"]["message"] == (
        "No valid host was found: 1 considered; 1 failed before. Host h1: start: disk full"
    )
    assert server["OS-EXT-SRV-ATTR:host"] is None

    assert cloud.member().delete(f"/servers/{server_id}").status == 204
    cloud.settle()
    assert cloud.member().get(f"/servers/{server_id}").status == 404
    assert cloud.member().get("/limits").json["limits"]["absolute"]["totalInstancesUsed"] == 0
