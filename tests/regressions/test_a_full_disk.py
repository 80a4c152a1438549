"""A disk without room: clients are asked to come again, and what was under way goes on when there is room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event

from cupola.base.errors import Unavailable
from cupola.testing.cloud import TestCloud

NETWORKS = "/network/v2.0/networks"


@contextmanager
def no_room(cloud: TestCloud) -> Iterator[None]:
    """The database's file may not grow."""
    if cloud.database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's file can be kept from growing")

    def limit(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite keeps what there is

    event.listen(cloud.database.engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(cloud.database.engine, "checkout", limit)
        cloud.database.engine.dispose()


def fill(cloud: TestCloud) -> Any:
    """Make networks until the pages that are left are used up; the answer to the first for which there was no room."""
    member = cloud.member()
    for _ in range(300):
        answer = member.post(NETWORKS, {"network": {"description": "x" * 255}})
        if answer.status != 201:
            return answer
    raise AssertionError("the file grew")


@pytest.fixture
def roomy(cloud: TestCloud) -> TestCloud:
    """A cloud in which the project may have any number of networks."""
    admin = cloud.admin()
    (project,) = admin.get("/identity/v3/projects?name=demo").json["projects"]
    assert admin.put(f"/network/v2.0/quotas/{project['id']}", {"quota": {"network": -1}}).status == 200
    return cloud


def test_clients_are_asked_to_come_again(roomy: TestCloud) -> None:
    member = roomy.member()
    with no_room(roomy):
        assert fill(roomy).status == 503
        assert member.get(NETWORKS).status == 200
    assert member.post(NETWORKS, {"network": {}}).status == 201


def test_what_is_under_way_is_not_undone(roomy: TestCloud) -> None:
    member = roomy.member()
    image = member.get("/image/v2/images").json["images"][0]["id"]
    flavor = member.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    made = member.post("/compute/v2.1/servers", {"server": {"name": "s", "imageRef": image, "flavorRef": flavor}})
    assert made.status == 202, made.json
    with no_room(roomy):
        fill(roomy)
        with suppress(Unavailable):  # what runs components tries them again
            roomy.run_for(5)
    roomy.settle()
    assert member.get(f"/compute/v2.1/servers/{made.json['server']['id']}").json["server"]["status"] == "ACTIVE"
