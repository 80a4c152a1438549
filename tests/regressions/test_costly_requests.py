"""Small requests that once cost much."""

from __future__ import annotations

from cupola.testing.cloud import PASSWORD, TestCloud


def test_a_password_is_checked_once_however_often_its_method_is_named(cloud: TestCloud) -> None:
    user = {"name": "demo", "domain": {"id": "default"}, "password": PASSWORD}
    body = {"auth": {"identity": {"methods": ["password"] * 5000, "password": {"user": user}}}}
    answer = cloud.anybody().post("/identity/v3/auth/tokens", body)
    assert answer.status == 201 and answer.json["token"]["methods"] == ["password"]
