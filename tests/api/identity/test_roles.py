"""Roles, what they imply, and who has which where."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def things(cloud) -> dict[str, Any]:
    return {
        "project": cloud.make("project", name="work"),
        "user": cloud.make("user", name="ann", password="x"),
        "group": cloud.make("group", name="people"),
        "member": cloud.find("roles", "member"),
        "reader": cloud.find("roles", "reader"),
    }


def grant(things: dict[str, Any], actor: str, role: str) -> str:
    place = f"/v3/projects/{things['project']['id']}/{actor}s/{things[actor]['id']}"
    return f"{place}/roles/{things[role]['id']}"


def test_the_roles_of_a_new_cloud_and_what_they_imply(cloud):
    found = cloud.call("GET", "/v3/role_inferences", cloud.token()).json["role_inferences"]
    implied = {one["prior_role"]["name"]: [role["name"] for role in one["implies"]] for one in found}
    assert implied == {"admin": ["manager"], "manager": ["member"], "member": ["reader"]}
    listed = cloud.call("GET", "/v3/roles", cloud.token()).json["roles"]
    assert {role["name"]: role["options"] for role in listed} == {
        name: {"immutable": True} for name in ("admin", "manager", "member", "reader", "service")
    }


def test_a_role_is_given_checked_and_taken_away(cloud, things):
    path, token = grant(things, "user", "member"), cloud.token()
    assert cloud.call("HEAD", path, token).status_code == 404
    assert cloud.call("PUT", path, token).status_code == 204
    assert cloud.call("PUT", path, token).status_code == 204
    assert cloud.call("HEAD", path, token).status_code == 204
    listed = cloud.call("GET", path.rpartition("/")[0], token).json["roles"]
    assert [role["name"] for role in listed] == ["member"]
    assert cloud.call("DELETE", path, token).status_code == 204
    assert cloud.call("DELETE", path, token).status_code == 404


def test_a_member_of_a_group_has_its_roles(cloud, things):
    token, membership = cloud.token(), f"/v3/groups/{things['group']['id']}/users/{things['user']['id']}"
    assert cloud.call("PUT", grant(things, "group", "member"), token).status_code == 204
    assert cloud.issue("ann", "x", {"project": {"id": things["project"]["id"]}}).status_code == 401
    assert cloud.call("PUT", membership, token).status_code == 204
    issued = cloud.issue("ann", "x", {"project": {"id": things["project"]["id"]}})
    assert [role["name"] for role in issued.json["token"]["roles"]] == ["member", "reader"]
    assert cloud.call("DELETE", membership, token).status_code == 204
    assert cloud.issue("ann", "x", {"project": {"id": things["project"]["id"]}}).status_code == 401


def test_assignments_with_names(cloud, things):
    cloud.call("PUT", grant(things, "user", "member"), cloud.token())
    query = f"?scope.project.id={things['project']['id']}&include_names"
    [found] = cloud.call("GET", f"/v3/role_assignments{query}", cloud.token()).json["role_assignments"]
    default = {"id": "default", "name": "Default"}
    assert found == {
        "links": {"assignment": f"http://falconframework.org/identity{grant(things, 'user', 'member')}"},
        "scope": {"project": {"id": things["project"]["id"], "name": "work", "domain": default}},
        "user": {"id": things["user"]["id"], "name": "ann", "domain": default},
        "role": {"id": things["member"]["id"], "name": "member"},
    }


def test_assignments_as_they_work_out(cloud, things):
    token = cloud.token()
    cloud.call("PUT", grant(things, "group", "member"), token)
    cloud.call("PUT", f"/v3/groups/{things['group']['id']}/users/{things['user']['id']}", token)
    query = f"?user.id={things['user']['id']}&effective"
    found = cloud.call("GET", f"/v3/role_assignments{query}", token).json["role_assignments"]
    assert [one["role"]["id"] for one in found] == [things["member"]["id"], things["reader"]["id"]]
    assert {one["user"]["id"] for one in found} == {things["user"]["id"]}
    assert found[0]["links"]["membership"].endswith(f"/groups/{things['group']['id']}/users/{things['user']['id']}")
    assert found[1]["links"]["prior_role"].endswith(f"/{things['reader']['id']}/implies/{things['member']['id']}")


@pytest.mark.parametrize(
    "query",
    [
        "scope.project.id=a&scope.domain.id=b",
        "user.id=a&group.id=b",
        "group.id=a&effective",
        "scope.system=all&scope.project.id=a",
        "include_subtree",
    ],
)
def test_filters_that_contradict_each_other(cloud, query):
    assert cloud.call("GET", f"/v3/role_assignments?{query}", cloud.token()).status_code == 400


def test_a_role_on_the_system(cloud, things):
    path = f"/v3/system/users/{things['user']['id']}/roles/{things['reader']['id']}"
    assert cloud.call("PUT", path, cloud.token()).status_code == 204
    assert cloud.call("GET", path, cloud.token()).status_code == 204
    issued = cloud.issue("ann", "x", {"system": {"all": True}})
    token = issued.headers["X-Subject-Token"]
    assert cloud.call("GET", "/v3/auth/system", token).json["system"] == [{"all": True}]
    assert cloud.call("GET", "/v3/users", token).status_code == 200
    assert cloud.call("POST", "/v3/users", token, {"user": {"name": "x"}}).status_code == 403


def test_what_is_implied_may_be_changed_but_not_to_imply_the_administrator(cloud, things):
    role, token = cloud.make("role", name="auditor"), cloud.token()
    path = f"/v3/roles/{role['id']}/implies/{things['reader']['id']}"
    assert cloud.call("PUT", path, token).status_code == 201
    assert cloud.call("PUT", path, token).status_code == 409
    assert cloud.call("HEAD", path, token).status_code == 204
    assert cloud.call("DELETE", path, token).status_code == 204
    assert cloud.call("GET", path, token).status_code == 404
    admin = cloud.find("roles", "admin")
    assert cloud.call("PUT", f"/v3/roles/{role['id']}/implies/{admin['id']}", token).status_code == 403


def test_a_role_of_a_domain_counts_by_what_it_implies(cloud, things):
    token, domain = cloud.token(), things["project"]["domain_id"]
    role = cloud.make("role", name="admin", domain_id=domain)
    place = grant(things, "user", "member").rpartition("/")[0] + f"/{role['id']}"
    assert cloud.call("PUT", place, token).status_code == 204
    scope = {"project": {"id": things["project"]["id"]}}
    listed = f"/v3/role_assignments?user.id={things['user']['id']}&role.id={role['id']}"
    assert len(cloud.call("GET", listed, token).json["role_assignments"]) == 1
    assert cloud.call("GET", f"{listed}&effective", token).json["role_assignments"] == []
    assert cloud.issue("ann", "x", scope).status_code == 401
    own = f"/v3/users/{things['user']['id']}/projects"
    assert cloud.call("GET", own, token).json["projects"] == []

    assert cloud.call("PUT", f"/v3/roles/{role['id']}/implies/{things['reader']['id']}", token).status_code == 201
    issued = cloud.issue("ann", "x", scope)
    assert [held["name"] for held in issued.json["token"]["roles"]] == ["reader"]
    assert [found["id"] for found in cloud.call("GET", own, token).json["projects"]] == [things["project"]["id"]]


def test_a_role_of_a_domain_stays_in_it(cloud, things):
    token, other = cloud.token(), cloud.make("domain", name="other")
    role = cloud.make("role", name="guide", domain_id=other["id"])
    place = grant(things, "user", "member").rpartition("/")[0] + f"/{role['id']}"
    assert cloud.call("PUT", place, token).status_code == 403
    system = f"/v3/system/users/{things['user']['id']}/roles/{role['id']}"
    assert cloud.call("PUT", system, token).status_code == 400
    assert cloud.call("PUT", f"/v3/roles/{things['reader']['id']}/implies/{role['id']}", token).status_code == 403


def test_immutable_roles_stay(cloud, things):
    path = f"/v3/roles/{things['member']['id']}"
    assert cloud.call("DELETE", path, cloud.token()).status_code == 403
    assert cloud.call("PATCH", path, cloud.token(), {"role": {"name": "x"}}).status_code == 403


def test_a_deleted_role_is_taken_from_everybody(cloud, things):
    role, token = cloud.make("role", name="auditor"), cloud.token()
    place = grant(things, "user", "member").rpartition("/")[0] + f"/{role['id']}"
    cloud.call("PUT", place, token)
    assert cloud.issue("ann", "x", {"project": {"id": things["project"]["id"]}}).status_code == 201
    assert cloud.call("DELETE", f"/v3/roles/{role['id']}", token).status_code == 204
    assert cloud.issue("ann", "x", {"project": {"id": things["project"]["id"]}}).status_code == 401
