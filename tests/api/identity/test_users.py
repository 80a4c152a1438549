"""Users: made, found, changed, deleted, by whom."""

from __future__ import annotations

import pytest


def test_a_user_as_it_is_made_and_shown(cloud):
    made = cloud.make("user", name="ann", password="x", email="ann@example.org", description="A person")
    assert made == {
        "id": made["id"],
        "name": "ann",
        "domain_id": "default",
        "enabled": True,
        "email": "ann@example.org",
        "description": "A person",
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"http://falconframework.org/identity/v3/users/{made['id']}"},
    }
    assert cloud.call("GET", f"/v3/users/{made['id']}", cloud.token()).json["user"] == made


def test_a_default_project_is_the_scope_of_tokens_that_name_none(cloud):
    project = cloud.find("projects", "demo")
    user = cloud.find("users", "demo")
    path = f"/v3/users/{user['id']}"
    body = {"user": {"default_project_id": project["id"]}}
    changed = cloud.call("PATCH", path, cloud.token(), body).json["user"]
    assert changed["default_project_id"] == project["id"]
    assert cloud.issue("demo", "demo-secret").json["token"]["project"]["id"] == project["id"]
    assert "project" not in cloud.issue("demo", "demo-secret", "unscoped").json["token"]


def test_names_are_unique_within_a_domain(cloud):
    cloud.make("user", name="ann")
    answer = cloud.call("POST", "/v3/users", cloud.token(), {"user": {"name": "ann"}})
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == (
        "Conflict occurred attempting to store user - Duplicate entry found with name ann at domain ID default."
    )
    domain = cloud.make("domain", name="elsewhere")
    cloud.make("user", name="ann", domain_id=domain["id"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?name=demo", ["demo"]),
        ("?name__contains=em", ["demo"]),
        ("?name__startswith=a", ["admin"]),
        ("?name__iendswith=MO", ["demo"]),
        ("?enabled=false", []),
        ("?enabled=1", ["admin", "cupola", "demo"]),
        ("?domain_id=nothing", []),
        ("?colour=green", ["admin", "cupola", "demo"]),
    ],
)
def test_filters(cloud, query, names):
    found = cloud.call("GET", f"/v3/users{query}", cloud.token()).json["users"]
    assert sorted(user["name"] for user in found) == names


def test_a_list_in_pages(cloud):
    every = {user["id"] for user in cloud.call("GET", "/v3/users", cloud.token()).json["users"]}
    first = cloud.call("GET", "/v3/users?limit=2", cloud.token()).json
    assert first["truncated"] is True and len(first["users"]) == 2
    assert first["links"]["self"] == "http://falconframework.org/identity/v3/users?limit=2"
    following = first["links"]["next"].partition("/identity")[2]
    second = cloud.call("GET", following, cloud.token()).json
    assert second["links"]["next"] is None and "truncated" not in second
    assert {user["id"] for user in first["users"] + second["users"]} == every


def test_a_marker_that_is_nowhere_is_not_found(cloud):
    assert cloud.call("GET", "/v3/users?marker=nothing", cloud.token()).status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "'user' is a required property"),
        (
            {"user": {"password": "x"}},
            "Invalid input for field/attribute user. Value: {'password': '***'}. 'name' is a required property",
        ),
        ({"user": {"name": ""}}, "Invalid input for field/attribute name. Value: . '' should be non-empty"),
    ],
)
def test_a_body_that_is_refused(cloud, body, message):
    answer = cloud.call("POST", "/v3/users", cloud.token(), body)
    assert (answer.status_code, answer.json["error"]["message"]) == (400, message)


def test_who_may_see_a_user(cloud):
    user = cloud.find("users", "demo")
    path, own = f"/v3/users/{user['id']}", cloud.token("demo")
    assert cloud.call("GET", path, own).json["user"]["name"] == "demo"
    other = cloud.find("users", "admin")
    refused = cloud.call("GET", f"/v3/users/{other['id']}", own)
    assert refused.status_code == 403
    assert refused.json["error"]["message"] == (
        "You are not authorized to perform the requested action: identity:get_user."
    )
    assert cloud.call("GET", "/v3/users/nothing", own).status_code == 403
    assert cloud.call("GET", "/v3/users/nothing", cloud.token()).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v3/users", None),
        ("POST", "/v3/users", {"user": {"name": "x"}}),
        ("PATCH", "/v3/users/x", {"user": {"name": "x"}}),
        ("DELETE", "/v3/users/x", None),
        ("GET", "/v3/projects", None),
        ("POST", "/v3/projects", {"project": {"name": "x"}}),
        ("GET", "/v3/domains", None),
        ("POST", "/v3/domains", {"domain": {"name": "x"}}),
        ("POST", "/v3/roles", {"role": {"name": "x"}}),
        ("GET", "/v3/role_assignments", None),
        ("GET", "/v3/services", None),
        ("POST", "/v3/endpoints", {"endpoint": {"service_id": "x", "interface": "public", "url": "http://x"}}),
        ("GET", "/v3/OS-REVOKE/events", None),
    ],
)
def test_what_members_may_not_do(cloud, method, path, body):
    assert cloud.call(method, path, cloud.token("demo"), body).status_code == 403
    assert cloud.call(method, path, None, body).status_code == 401


def test_the_projects_of_a_user(cloud):
    user = cloud.find("users", "demo")
    found = cloud.call("GET", f"/v3/users/{user['id']}/projects", cloud.token("demo")).json["projects"]
    assert [project["name"] for project in found] == ["demo"]
