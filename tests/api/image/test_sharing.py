"""Who sees which image, and may do what with it."""

from __future__ import annotations

from typing import Any

import pytest


def status(cloud: Any, method: str, path: str, who: str | None, **more: object) -> int:
    return cloud.call(method, path, who, **more).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("visibility", "shown", "listed"),
    [("private", 404, []), ("shared", 404, []), ("community", 200, []), ("public", 200, ["one"])],
)
def test_what_another_project_sees(cloud: Any, visibility: str, shown: int, listed: list[str]) -> None:
    image = cloud.filled(who="admin", visibility=visibility)
    path = f"/v2/images/{image['id']}"
    assert status(cloud, "GET", path, "bob") == shown
    assert status(cloud, "GET", f"{path}/file", "bob") == shown
    assert cloud.names(who="bob") == listed
    refused = 404 if shown == 404 else 403
    assert status(cloud, "DELETE", path, "bob") == refused
    assert cloud.patch(image["id"], {"op": "add", "path": "/a", "value": "b"}, who="bob").status_code == refused
    assert status(cloud, "PUT", f"{path}/tags/x", "bob") == refused
    assert status(cloud, "POST", f"{path}/actions/deactivate", "bob") == refused
    assert cloud.upload(image["id"], b"x", "bob").status_code == refused


def test_community_images_are_listed_when_asked_for(cloud: Any) -> None:
    cloud.make(name="ours", visibility="community")
    assert cloud.names(who="bob") == []
    assert cloud.names("?visibility=community", "bob") == ["ours"]
    assert cloud.names("?visibility=all", "bob") == ["ours"]
    assert cloud.names() == ["ours"]


def test_a_reader_looks_and_does_not_touch(cloud: Any) -> None:
    image = cloud.filled()
    path = f"/v2/images/{image['id']}"
    assert status(cloud, "GET", path, "rita") == 200
    assert cloud.names(who="rita") == ["one"]
    for method, below in (("DELETE", ""), ("GET", "/file"), ("PUT", "/tags/x"), ("POST", "/actions/deactivate")):
        assert status(cloud, method, path + below, "rita") == 403, below
    assert status(cloud, "POST", "/v2/images", "rita", body={}) == 403


def test_without_a_token_there_is_nothing_but_versions(cloud: Any) -> None:
    assert status(cloud, "GET", "/v2/images", None) == 401
    assert status(cloud, "GET", "/v2/images", "nobody") == 401
    assert status(cloud, "POST", "/v2/images", None, body={}) == 401
    assert status(cloud, "GET", "", None) == 300
    assert status(cloud, "GET", "/versions", None) == 200


def test_an_administrator_sees_and_changes_all(cloud: Any) -> None:
    image = cloud.make(visibility="private")
    assert cloud.names(who="admin") == ["one"]
    published = cloud.patch(image["id"], {"op": "replace", "path": "/visibility", "value": "public"}, who="admin")
    assert published.status_code == 200
    given = cloud.patch(image["id"], {"op": "replace", "path": "/owner", "value": "beta"}, who="admin")
    assert given.json["owner"] == "beta"
    assert status(cloud, "DELETE", f"/v2/images/{image['id']}", "admin") == 204


def test_a_shared_image_is_there_for_its_members_and_listed_once_they_accept(cloud: Any) -> None:
    image = cloud.filled()
    members = f"/v2/images/{image['id']}/members"
    added = cloud.call("POST", members, body={"member": "beta"})
    assert (added.status_code, added.json["status"], added.json["member_id"]) == (200, "pending", "beta")
    assert status(cloud, "GET", f"/v2/images/{image['id']}/file", "bob") == 200
    assert cloud.names(who="bob") == []
    assert cloud.names("?member_status=pending&visibility=shared", "bob") == ["one"]
    accepted = cloud.call("PUT", f"{members}/beta", "bob", {"status": "accepted"})
    assert (accepted.status_code, accepted.json["status"]) == (200, "accepted")
    assert cloud.names(who="bob") == ["one"]
    assert status(cloud, "GET", f"/v2/images/{image['id']}", "carol") == 404
    assert status(cloud, "DELETE", f"{members}/beta", "ann") == 204
    assert status(cloud, "GET", f"/v2/images/{image['id']}", "bob") == 404


def test_members_see_themselves_and_owners_see_all(cloud: Any) -> None:
    image = cloud.make()
    members = f"/v2/images/{image['id']}/members"
    for project in ("beta", "gamma"):
        cloud.call("POST", members, body={"member": project})
    assert [member["member_id"] for member in cloud.call("GET", members).json["members"]] == ["beta", "gamma"]
    assert [member["member_id"] for member in cloud.call("GET", members, "bob").json["members"]] == ["beta"]
    assert status(cloud, "GET", f"{members}/gamma", "ann") == 200
    assert status(cloud, "GET", f"{members}/beta", "bob") == 200
    assert status(cloud, "GET", f"{members}/gamma", "bob") == 404


def test_what_members_and_owners_may_not(cloud: Any) -> None:
    image, private = cloud.make(), cloud.make(visibility="private")
    members = f"/v2/images/{image['id']}/members"
    assert status(cloud, "POST", f"/v2/images/{private['id']}/members", "ann", body={"member": "beta"}) == 403
    assert status(cloud, "POST", members, "ann", body={}) == 400
    assert status(cloud, "POST", members, "ann", body={"member": ""}) == 400
    assert status(cloud, "POST", members, "bob", body={"member": "beta"}) == 404
    assert status(cloud, "POST", members, "ann", body={"member": "beta"}) == 200
    assert status(cloud, "POST", members, "ann", body={"member": "beta"}) == 409
    assert status(cloud, "POST", members, "bob", body={"member": "gamma"}) == 403
    assert status(cloud, "PUT", f"{members}/beta", "ann", body={"status": "accepted"}) == 403
    assert status(cloud, "PUT", f"{members}/beta", "bob", body={"status": "undecided"}) == 400
    assert status(cloud, "PUT", f"{members}/beta", "bob", body={}) == 400
    assert status(cloud, "DELETE", f"{members}/beta", "bob") == 403
    assert status(cloud, "DELETE", f"{members}/gamma", "ann") == 404
