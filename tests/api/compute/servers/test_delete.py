"""Deleting servers."""

from __future__ import annotations

from typing import Any


def test_a_deleted_server_is_gone_from_host_lists_and_quota(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()

    assert member.delete(f"/servers/{server_id}").status == 204
    assert member.server(server_id)["OS-EXT-STS:task_state"] == "deleting"
    cloud.settle()

    assert member.get(f"/servers/{server_id}").status == 404
    assert member.get("/servers").json == {"servers": []}
    assert cloud.hypervisors["h1"].observe() == {}
    assert member.get("/limits").json["limits"]["absolute"]["totalInstancesUsed"] == 0


def test_a_server_that_is_being_built_can_be_deleted(cloud: Any) -> None:
    server_id = cloud.boot()

    assert cloud.member().delete(f"/servers/{server_id}").status == 204
    cloud.settle()

    assert cloud.member().get(f"/servers/{server_id}").status == 404
    assert cloud.hypervisors["h1"].observe() == {}


def test_a_host_that_is_down_does_not_hold_up_a_delete_and_cleans_up_when_it_returns(cloud: Any) -> None:
    server_id = cloud.active()
    cloud.simulator.stop("host.h1")

    cloud.member().delete(f"/servers/{server_id}")
    cloud.run_for(30)
    assert cloud.member().get(f"/servers/{server_id}").status == 200
    cloud.run_for(60)
    assert cloud.member().get(f"/servers/{server_id}").status == 404
    assert server_id in cloud.hypervisors["h1"].observe()

    cloud.simulator.start("host.h1")
    cloud.settle()
    assert cloud.hypervisors["h1"].observe() == {}


def test_a_locked_server_is_not_deleted_by_its_owner(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    assert member.act(server_id, "lock", {"locked_reason": "busy"}).status == 202

    refused = member.delete(f"/servers/{server_id}")

    assert refused.status == 409
    assert refused.json["conflictingRequest"]["message"] == f"Instance {server_id} is locked"
    assert member.server(server_id)["locked_reason"] == "busy"
    assert member.act(server_id, "unlock").status == 202
    assert member.delete(f"/servers/{server_id}").status == 204


def test_only_members_of_the_project_delete_its_servers(cloud: Any) -> None:
    server_id = cloud.active()

    assert cloud.someone("reader").delete(f"/servers/{server_id}").status == 403
    assert cloud.someone("other").delete(f"/servers/{server_id}").status == 404


def test_a_lock_of_an_administrators_is_above_the_owner(cloud: Any) -> None:
    server_id = cloud.active()
    assert cloud.admin().act(server_id, "lock").status == 202

    assert cloud.member().act(server_id, "unlock").status == 403
    assert cloud.member().act(server_id, "os-stop").status == 409
    assert cloud.admin().act(server_id, "os-stop").status == 202
    assert cloud.admin().act(server_id, "unlock").status == 202
