"""What databases could take differently: trees, names, tags, moments, and all of that in what tokens are worth."""

from __future__ import annotations


def test_identity_holds_on_each_database(cloud_on_each):
    cloud = cloud_on_each
    cloud.bootstrap("http://cloud")
    token = cloud.token()
    top = cloud.make("project", name="top", tags=["red", "blue"])
    middle = cloud.make("project", name="middle", parent_id=top["id"])
    leaf = cloud.make("project", name="leaf", parent_id=middle["id"])
    user = cloud.make("user", name="ann", password="x", email="ann@example.org")
    cloud.make("user", name="Ann")
    assert cloud.call("POST", "/v3/users", token, {"user": {"name": "ann"}}).status_code == 409

    role = cloud.find("roles", "member")
    place = f"/v3/OS-INHERIT/projects/{top['id']}/users/{user['id']}/roles/{role['id']}/inherited_to_projects"
    assert cloud.call("PUT", place, token).status_code == 204
    named = cloud.call("GET", f"/v3/users/{user['id']}/projects", token).json["projects"]
    assert {project["name"] for project in named} == {"middle", "leaf"}
    shown = cloud.call("GET", f"/v3/projects/{leaf['id']}?parents_as_ids", token).json["project"]
    assert shown["parents"] == {middle["id"]: {top["id"]: {"default": None}}}
    tagged = cloud.call("GET", "/v3/projects?tags=red,blue&enabled=true", token).json["projects"]
    assert [project["id"] for project in tagged] == [top["id"]]
    effective = cloud.call("GET", f"/v3/role_assignments?effective&user.id={user['id']}", token).json
    assert len(effective["role_assignments"]) == 4

    held = cloud.issue("ann", "x", {"project": {"id": leaf["id"]}}).headers["X-Subject-Token"]
    assert cloud.call("GET", "/v3/auth/projects", held).status_code == 200
    body = {"user": {"original_password": "x", "password": "y"}}
    assert cloud.call("POST", f"/v3/users/{user['id']}/password", body=body).status_code == 204
    assert cloud.call("GET", "/v3/auth/projects", held).status_code == 401
    cloud.clock.advance(0.000001)
    later = cloud.issue("ann", "y", {"project": {"id": leaf["id"]}})
    assert later.status_code == 201
    assert cloud.call("GET", "/v3/auth/projects", later.headers["X-Subject-Token"]).status_code == 200
