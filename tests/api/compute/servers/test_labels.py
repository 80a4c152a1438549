"""Metadata and tags."""

from __future__ import annotations

from typing import Any


def test_metadata_is_read_merged_replaced_and_deleted(cloud: Any) -> None:
    member = cloud.member()
    path = f"/servers/{cloud.active(metadata={'a': 'b'})}/metadata"

    assert member.post(path, {"metadata": {"c": "d"}}).json == {"metadata": {"a": "b", "c": "d"}}
    assert member.get(f"{path}/c").json == {"meta": {"c": "d"}}
    assert member.put(f"{path}/c", {"meta": {"c": "e"}}).json == {"meta": {"c": "e"}}
    assert member.put(f"{path}/c", {"meta": {"x": "e"}}).status == 400
    assert member.put(f"{path}/c", {"meta": {"c": "1", "d": "2"}}).status == 400
    assert member.put(path, {"metadata": {"z": "1"}}).json == {"metadata": {"z": "1"}}
    assert member.delete(f"{path}/z").status == 204
    assert member.delete(f"{path}/z").status == 404
    assert member.get(f"{path}/z").status == 404
    assert member.get(path).json == {"metadata": {}}
    assert cloud.someone("reader").post(path, {"metadata": {}}).status == 403


def test_metadata_has_a_limit_and_waits_for_the_server(cloud: Any) -> None:
    member = cloud.member()
    many = {f"k{number}": "v" for number in range(129)}
    assert member.post("/servers", cloud.wanted(metadata=many)).status == 403
    server_id = cloud.boot()
    assert member.post(f"/servers/{server_id}/metadata", {"metadata": {"a": "b"}}).status == 409


def test_tags_are_a_set_in_order_of_their_names(cloud: Any) -> None:
    member = cloud.member()
    path = f"/servers/{cloud.active(tags=['red'])}/tags"

    added = member.put(f"{path}/blue", None)
    assert (added.status, added.headers["location"].endswith("/tags/blue")) == (201, True)
    assert member.put(f"{path}/blue", None).status == 204
    assert member.put(f"{path}/a,b", None).status == 400
    assert member.get(path).json == {"tags": ["blue", "red"]}
    assert member.get(f"{path}/red").status == 204
    assert member.get(f"{path}/green").status == 404
    assert member.delete(f"{path}/red").status == 204
    assert member.delete(f"{path}/red").status == 404
    assert member.put(path, {"tags": ["x", "x", "y"]}).json == {"tags": ["x", "y"]}
    assert member.delete(path).status == 204
    assert member.get(path).json == {"tags": []}
    assert cloud.member("2.25").get(path).status == 404


def test_security_groups_are_those_of_the_ports(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    [group] = member.get(f"/servers/{server_id}/os-security-groups").json["security_groups"]
    assert group["name"] == "default"
    assert {rule["group"]["name"] for rule in group["rules"]} == {"default"}

    assert member.act(server_id, "removeSecurityGroup", {"name": "default"}).status == 202
    assert member.get(f"/servers/{server_id}/os-security-groups").json == {"security_groups": []}
    assert member.act(server_id, "removeSecurityGroup", {"name": "default"}).status == 404
    assert member.act(server_id, "addSecurityGroup", {"name": "default"}).status == 202
    assert member.act(server_id, "addSecurityGroup", {"name": "nope"}).status == 404
    assert len(member.get(f"/servers/{server_id}/os-security-groups").json["security_groups"]) == 1


def test_there_are_no_volumes(cloud: Any) -> None:
    member = cloud.member()
    path = f"/servers/{cloud.active()}/os-volume_attachments"
    assert member.get(path).json == {"volumeAttachments": []}
    volume = "99999999-9999-4999-8999-999999999999"
    refused = member.post(path, {"volumeAttachment": {"volumeId": volume}})
    assert refused.json["itemNotFound"]["message"] == f"Volume {volume} could not be found."
