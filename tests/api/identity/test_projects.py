"""Projects, their tree and tags; domains."""

from __future__ import annotations

import pytest


def test_a_project_as_it_is_made_and_shown(cloud):
    made = cloud.make("project", name="work", tags=["red", "blue"], colour="green")
    assert made == {
        "id": made["id"],
        "name": "work",
        "domain_id": "default",
        "description": "",
        "enabled": True,
        "parent_id": "default",
        "is_domain": False,
        "tags": ["blue", "red"],
        "options": {},
        "colour": "green",
        "links": {"self": f"http://falconframework.org/identity/v3/projects/{made['id']}"},
    }
    assert cloud.call("GET", f"/v3/projects/{made['id']}", cloud.token()).json["project"] == made


def test_a_tree_of_projects(cloud):
    top = cloud.make("project", name="top")
    leaf = cloud.make("project", name="leaf", parent_id=top["id"])
    assert leaf["parent_id"] == top["id"]

    def shown(project: dict, query: str) -> dict:
        return cloud.call("GET", f"/v3/projects/{project['id']}?{query}", cloud.token()).json["project"]

    assert shown(leaf, "parents_as_ids")["parents"] == {top["id"]: {"default": None}}
    assert shown(top, "subtree_as_ids")["subtree"] == {leaf["id"]: None}
    assert shown(top, "subtree_as_list")["subtree"] == []
    path = f"/v3/projects/{top['id']}"
    assert cloud.call("DELETE", path, cloud.token()).status_code == 403
    assert cloud.call("PATCH", path, cloud.token(), {"project": {"enabled": False}}).status_code == 403
    assert cloud.call("DELETE", f"/v3/projects/{leaf['id']}", cloud.token()).status_code == 204
    assert cloud.call("DELETE", path, cloud.token()).status_code == 204


def test_a_role_that_projects_inherit(cloud):
    user, role = cloud.make("user", name="ann", password="x"), cloud.find("roles", "member")
    top = cloud.make("project", name="top")
    leaf = cloud.make("project", name="leaf", parent_id=top["id"])
    place = f"/v3/OS-INHERIT/projects/{top['id']}/users/{user['id']}/roles/{role['id']}/inherited_to_projects"
    assert cloud.call("PUT", place, cloud.token()).status_code == 204

    assert cloud.issue("ann", "x", {"project": {"id": top["id"]}}).status_code == 401
    assert cloud.issue("ann", "x", {"project": {"id": leaf["id"]}}).status_code == 201
    found = cloud.call("GET", f"/v3/users/{user['id']}/projects", cloud.token()).json["projects"]
    assert [project["name"] for project in found] == ["leaf"]

    domain = f"/v3/OS-INHERIT/domains/default/users/{user['id']}/roles/{role['id']}/inherited_to_projects"
    assert cloud.call("PUT", domain, cloud.token()).status_code == 204
    assert cloud.issue("ann", "x", {"project": {"id": top["id"]}}).status_code == 201


def test_tags(cloud):
    path = f"/v3/projects/{cloud.make('project', name='work')['id']}/tags"
    token = cloud.token()
    assert cloud.call("PUT", f"{path}/green", token).status_code == 201
    assert cloud.call("PUT", path, token, {"tags": ["b", "a"]}).json["tags"] == ["a", "b"]
    assert cloud.call("GET", f"{path}/a", token).status_code == 204
    assert cloud.call("GET", f"{path}/green", token).status_code == 404
    assert cloud.call("DELETE", f"{path}/a", token).status_code == 204
    assert cloud.call("GET", path, token).json["tags"] == ["b"]
    assert cloud.call("DELETE", path, token).status_code == 204
    assert cloud.call("GET", path, token).json["tags"] == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=red", ["one", "two"]),
        ("tags=red,blue", ["one"]),
        ("tags-any=blue,green", ["one"]),
        ("not-tags-any=red", ["admin", "demo", "service"]),
        ("not-tags=red,blue", ["admin", "demo", "service", "two"]),
        ("is_domain=true", ["Default"]),
        ("parent_id=default&name=one", ["one"]),
    ],
)
def test_filters(cloud, query, names):
    cloud.make("project", name="one", tags=["red", "blue"])
    cloud.make("project", name="two", tags=["red"])
    found = cloud.call("GET", f"/v3/projects?{query}", cloud.token()).json["projects"]
    assert sorted(project["name"] for project in found) == names


def test_a_list_takes_as_many_statements_for_many_projects_as_for_few(cloud):
    token = cloud.token()

    def statements() -> int:
        cloud.call("GET", "/v3/projects", token)
        before = cloud.database.statistics.statements
        assert cloud.call("GET", "/v3/projects", token).status_code == 200
        return cloud.database.statistics.statements - before

    few = statements()
    for number in range(7):
        cloud.make("project", name=f"p{number}", tags=["x"])
    assert statements() == few <= 5  # two of them BEGIN


def test_an_immutable_project_stays_until_it_is_immutable_no_more(cloud):
    path = f"/v3/projects/{cloud.make('project', name='work', options={'immutable': True})['id']}"
    assert cloud.call("DELETE", path, cloud.token()).status_code == 403
    assert cloud.call("PATCH", path, cloud.token(), {"project": {"name": "other"}}).status_code == 403
    body = {"project": {"options": {"immutable": False}}}
    assert cloud.call("PATCH", path, cloud.token(), body).status_code == 200
    assert cloud.call("DELETE", path, cloud.token()).status_code == 204


def test_a_domain_is_deleted_with_all_that_is_in_it_once_it_is_disabled(cloud):
    token = cloud.token()
    domain = cloud.make("domain", name="elsewhere")
    project = cloud.make("project", name="work", domain_id=domain["id"])
    user = cloud.make("user", name="bob", domain_id=domain["id"])
    path = f"/v3/domains/{domain['id']}"
    assert cloud.call("DELETE", path, token).status_code == 403
    assert cloud.call("PATCH", path, token, {"domain": {"enabled": False}}).status_code == 200
    assert cloud.call("DELETE", path, token).status_code == 204
    for gone in (path, f"/v3/projects/{project['id']}", f"/v3/users/{user['id']}"):
        assert cloud.call("GET", gone, token).status_code == 404


def test_the_administrator_of_a_domain_acts_within_it_only(cloud):
    domain = cloud.make("domain", name="elsewhere")
    user = cloud.make("user", name="bob", password="x", domain_id=domain["id"])
    role = cloud.find("roles", "manager")
    place = f"/v3/domains/{domain['id']}/users/{user['id']}/roles/{role['id']}"
    assert cloud.call("PUT", place, cloud.token()).status_code == 204
    auth = {
        "identity": {"methods": ["password"], "password": {"user": {"id": user["id"], "password": "x"}}},
        "scope": {"domain": {"id": domain["id"]}},
    }
    issued = cloud.call("POST", "/v3/auth/tokens", body={"auth": auth})
    assert issued.json["token"]["domain"] == {"id": domain["id"], "name": "elsewhere"}
    token = issued.headers["X-Subject-Token"]

    cloud.make("project", name="work", domain_id=domain["id"], token=token)
    cloud.make("user", name="carl", domain_id=domain["id"], token=token)
    found = cloud.call("GET", "/v3/projects", token).json["projects"]
    assert [project["name"] for project in found] == ["work"]
    users = cloud.call("GET", "/v3/users", token).json["users"]
    assert sorted(user["name"] for user in users) == ["bob", "carl"]
    body = {"project": {"name": "intruder", "domain_id": "default"}}
    assert cloud.call("POST", "/v3/projects", token, body).status_code == 403
