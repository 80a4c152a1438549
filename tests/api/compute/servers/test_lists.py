"""Lists of servers: who sees what, filters, pages."""

from __future__ import annotations

from typing import Any

import pytest


def names(answer: Any) -> list[str]:
    assert answer.status == 200, answer.json
    return [server["name"] for server in answer.json["servers"]]


def test_a_project_sees_its_own_servers_and_an_administrator_all_on_demand(cloud: Any) -> None:
    cloud.active(name="mine")
    cloud.network("red", "10.9.0.0/24", "theirs")
    cloud.boot(cloud.someone("other"), name="theirs", networks="auto")
    cloud.settle()

    assert names(cloud.member().get("/servers")) == ["mine"]
    assert names(cloud.someone("reader").get("/servers/detail")) == ["mine"]
    assert names(cloud.admin().get("/servers")) == []
    assert sorted(names(cloud.admin().get("/servers?all_tenants=1"))) == ["mine", "theirs"]
    assert cloud.member().get("/servers?all_tenants=1").status == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=o", ["two", "one"]),
        ("name=^t", ["two"]),
        ("name=.*t.*o.*", ["two"]),
        ("name=(one|two)$", ["two", "one"]),
        (r"name=o\.*", ["two", "one"]),
        ("status=ACTIVE", ["two"]),
        ("status=shutoff", ["one"]),
        ("status=PAUSED", []),
        ("tags=red", ["one"]),
        ("tags=red,blue", []),
        ("tags-any=red,blue", ["two", "one"]),
        ("not-tags=red", ["two"]),
        ("flavor=1", ["two", "one"]),
        ("flavor=2", []),
        ("locked=True", []),
        ("ip=10.0.0.", ["two", "one"]),
        ("ip=10.7.", []),
        ("vm_state=stopped", ["one"]),
        ("changes-since=2020-01-01T00:00:00Z", ["two", "one"]),
        ("changes-since=2100-01-01T00:00:00Z", []),
        ("sort_key=display_name&sort_dir=asc", ["one", "two"]),
        ("sort_key=display_name&sort_dir=asc&limit=1", ["one"]),
        ("limit=0", []),
        ("availability_zone=nova", ["two", "one"]),
        ("availability_zone=elsewhere", []),
        ("metadata=x", ["two", "one"]),
    ],
)
def test_filters_find_what_they_say(cloud: Any, query: str, found: list[str]) -> None:
    one = cloud.active(name="one", tags=["red"])
    cloud.member().act(one, "os-stop")
    cloud.active(name="two", tags=["blue"])

    assert names(cloud.member().get(f"/servers?{query}")) == found


def test_pages_follow_each_other_by_their_links(cloud: Any) -> None:
    for name in ("a", "b", "c"):
        cloud.active(name=name)
    first = cloud.member().get("/servers?limit=2")

    [link] = first.json["servers_links"]
    second = cloud.member().get(link["href"].partition("/v2.1")[2])

    assert (names(first), names(second)) == (["c", "b"], ["a"])
    assert "servers_links" not in second.json


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sort_key=colour", "'colour' is not one of"),
        ("sort_dir=sideways", "must be 'desc' or 'asc'"),
        ("marker=99999999-9999-4999-8999-999999999999", "marker [99999999-9999-4999-8999-999999999999] not found"),
        ("limit=-1", "Invalid input for query parameters limit. Value: -1."),
        ("limit=many", "Invalid input for query parameters limit. Value: many."),
        ("status=PURPLE", "Invalid status value"),
        ("changes-since=yesterday", "'yesterday' is not a 'date-time'"),
        ("colour=red", "'colour' does not match"),
        ("name=(o%2B)%2B$", "Invalid input for query parameters name. Value: (o+)+$. It has too many repetitions"),
        ("name=o?o?o?x", "Invalid input for query parameters name. Value: o?o?o?x. It has too many repetitions"),
        ("name=(oo|o)(oo|o)x", "Invalid input for query parameters name. Value: (oo|o)(oo|o)x. It has too many"),
        ("name=%5B", "Invalid input for query parameters name. Value: [."),
        ("locked=perhaps", "Unrecognized value 'perhaps' for locked"),
    ],
)
def test_queries_that_mean_nothing_are_refused(cloud: Any, query: str, said: str) -> None:
    answer = cloud.member().get(f"/servers?{query}")
    assert answer.status == 400
    assert said in answer.json["badRequest"]["message"]


def test_administrators_are_told_what_is_no_filter(cloud: Any) -> None:
    answer = cloud.admin().get("/servers?metadata=x")
    assert answer.json["badRequest"]["message"] == "Invalid filter field: metadata."


def test_old_microversions_ignore_what_they_do_not_know(cloud: Any) -> None:
    cloud.active(name="one")
    assert names(cloud.member("2.1").get("/servers?colour=red")) == ["one"]
    assert names(cloud.member("2.1").get("/servers?status=PURPLE")) == []


def test_nothing_of_what_a_deleted_server_was_told_is_kept(cloud: Any) -> None:
    gone = cloud.boot(name="gone", user_data="c2VjcmV0")
    cloud.settle()
    cloud.member().delete(f"/servers/{gone}")
    cloud.settle()
    (shown,) = cloud.admin("2.3").get("/servers/detail?all_tenants=1&deleted=True").json["servers"]
    assert (shown["id"], shown["OS-EXT-SRV-ATTR:user_data"]) == (gone, None)


def test_deleted_servers_are_listed_for_administrators_only(cloud: Any) -> None:
    cloud.member().delete(f"/servers/{cloud.active(name='gone')}")
    cloud.settle()

    assert names(cloud.admin().get("/servers?all_tenants=1&deleted=True")) == ["gone"]
    assert names(cloud.member().get("/servers?deleted=True")) == []
    assert names(cloud.member().get("/servers?changes-since=2020-01-01T00:00:00Z")) == ["gone"]
    assert cloud.member().get("/servers?status=DELETED").status == 403


def test_a_list_takes_the_same_number_of_statements_however_long_it_is(cloud: Any) -> None:
    def statements() -> int:
        before = cloud.db.statistics.statements
        assert cloud.member().get("/servers/detail").status == 200
        return int(cloud.db.statistics.statements - before)

    cloud.active()
    one = statements()
    cloud.active()
    cloud.active()
    assert statements() == one
