"""Small requests that once cost much."""

from __future__ import annotations

import pytest
from falcon.testing import create_environ

from cupola.testing.cloud import PASSWORD, TestCloud
from cupola.testing.http import Browser


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


@pytest.mark.parametrize(
    ("path", "between"),
    [
        ("/network/v2.0/networks?tags=", ","),
        ("/compute/v2.1/servers?not-tags=", ","),
        ("/image/v2/images?tag=", "&tag="),
        ("/image/v2/images?sort_key=", "&sort_key="),
        ("/image/v2/images?", "&"),
        ("/identity/v3/projects?tags=", ","),
    ],
)
def test_a_query_of_many_parts_is_answered_or_refused(cloud: TestCloud, path: str, between: str) -> None:
    browser = Browser(cloud.system.app, cloud.admin().token, "2.96" if "compute" in path else None)
    parts = ["name"] * 5000 if "sort_key" in path else [f"p{n}=1" if path[-1] == "?" else f"t{n}" for n in range(5000)]
    assert browser.get(path + between.join(parts[:250])).status == 200
    assert browser.get(path + between.join(parts)).status == 400


def test_as_many_servers_as_there_is_room_for_are_made_at_once(cloud: TestCloud) -> None:
    member = cloud.member()
    image = member.get("/image/v2/images").json["images"][0]["id"]
    flavor = member.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    server = {"name": "s", "imageRef": image, "flavorRef": flavor, "min_count": 1, "max_count": 100_000_000}
    before = cloud.database.statistics.statements
    assert member.post("/compute/v2.1/servers", {"server": server}).status == 202
    assert len(member.get("/compute/v2.1/servers").json["servers"]) == 10
    assert cloud.database.statistics.statements - before < 300
