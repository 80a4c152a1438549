"""Small requests that once cost much."""

from __future__ import annotations

from falcon.testing import create_environ

from cupola.testing.cloud import PASSWORD, TestCloud


def test_a_password_is_checked_once_however_often_its_method_is_named(cloud: TestCloud) -> None:
    user = {"name": "demo", "domain": {"id": "default"}, "password": PASSWORD}
    body = {"auth": {"identity": {"methods": ["password"] * 5000, "password": {"user": user}}}}
    answer = cloud.anybody().post("/identity/v3/auth/tokens", body)
    assert answer.status == 201 and answer.json["token"]["methods"] == ["password"]


def test_a_length_that_is_none_is_the_clients_fault(cloud: TestCloud) -> None:
    environment = create_environ("/compute/v2.1/servers", headers={"X-Auth-Token": cloud.member().token or ""})
    seen: list[str] = []
    list(cloud.system.app({**environment, "CONTENT_LENGTH": "-1"}, lambda status, *_: seen.append(status)))
    assert seen == ["400 Bad Request"]
