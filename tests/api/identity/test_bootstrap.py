"""What a new cloud starts with, and what starting it again leaves alone."""

from __future__ import annotations

from typing import Any


def place(cloud: Any, user: str, project: str, role: str) -> str:
    ids = (cloud.find("projects", project)["id"], cloud.find("users", user)["id"], cloud.find("roles", role)["id"])
    return "/v3/projects/{}/users/{}/roles/{}".format(*ids)


def test_a_right_that_was_taken_away_does_not_come_back(cloud: Any) -> None:
    places = [place(cloud, "demo", "demo", "member"), place(cloud, "admin", "demo", "admin")]
    for taken in places:
        assert cloud.call("DELETE", taken, cloud.token()).status_code == 204
    cloud.bootstrap("http://cloud")
    assert [cloud.call("HEAD", taken, cloud.token()).status_code for taken in places] == [404, 404]


def test_a_user_who_was_deleted_does_not_come_back(cloud: Any) -> None:
    assert cloud.call("DELETE", f"/v3/users/{cloud.find('users', 'demo')['id']}", cloud.token()).status_code == 204
    cloud.bootstrap("http://cloud")
    assert cloud.call("GET", "/v3/users?name=demo", cloud.token()).json["users"] == []


def test_the_administrator_who_was_replaced_by_another_does_not_come_back(cloud: Any) -> None:
    cloud.make("user", name="ann", password="anns")
    assert cloud.call("PUT", place(cloud, "ann", "admin", "admin"), cloud.token()).status_code == 204
    ann = cloud.token("ann", "anns", "admin")
    assert cloud.call("DELETE", f"/v3/users/{cloud.find('users', 'admin')['id']}", ann).status_code == 204
    cloud.bootstrap("http://cloud")
    assert cloud.issue("admin", "secret").status_code == 401


def test_a_cloud_without_any_administrator_has_its_own_back(cloud: Any) -> None:
    assert cloud.call("DELETE", f"/v3/users/{cloud.find('users', 'admin')['id']}", cloud.token()).status_code == 204
    cloud.bootstrap("http://cloud")
    assert cloud.call("GET", "/v3/users", cloud.token()).status_code == 200
    assert cloud.issue("admin", "secret", {"system": {"all": True}}).status_code == 201
