"""Host aggregates and the zones they make, as administrators see them."""

from __future__ import annotations

from typing import Any

import pytest


def ask(api: Any, method: str, path: str = "", body: Any = None) -> Any:
    return api(method, f"/os-aggregates{path}", body, token="admin")


def make(api: Any, name: str = "fast", zone: str | None = None) -> int:
    made = ask(api, "POST", "", {"aggregate": {"name": name, "availability_zone": zone}})
    assert made.status == 200, made.body
    return int(made.body["aggregate"]["id"])


def act(api: Any, number: int, action: str, **argument: Any) -> Any:
    return ask(api, "POST", f"/{number}/action", {action: argument})


def zones(api: Any) -> list[str]:
    return [one["zoneName"] for one in api("GET", "/os-availability-zone").body["availabilityZoneInfo"]]


def test_one_is_made_changed_and_removed(api: Any) -> None:
    number = make(api)
    assert ask(api, "POST", "", {"aggregate": {"name": "fast"}}).status == 409
    changed = ask(api, "PUT", f"/{number}", {"aggregate": {"name": "faster"}}).body["aggregate"]
    assert (changed["name"], changed["hosts"], changed["metadata"]) == ("faster", [], {})
    [listed] = ask(api, "GET").body["aggregates"]
    assert listed == changed
    assert ask(api, "DELETE", f"/{number}").status == 200
    assert [ask(api, "GET", f"/{each}").status for each in (number, -1, "x")] == [404, 404, 400]


def test_metadata_comes_and_goes(api: Any) -> None:
    number = make(api)
    act(api, number, "set_metadata", metadata={"ssd": "true", "gpu": "no"})
    changed = act(api, number, "set_metadata", metadata={"gpu": None}).body["aggregate"]
    assert changed["metadata"] == {"ssd": "true"}


def test_hosts_join_and_leave(api: Any) -> None:
    api.host("one")
    number = make(api)
    assert act(api, number, "add_host", host="absent").status == 404
    assert act(api, number, "add_host", host="one").body["aggregate"]["hosts"] == ["one"]
    assert act(api, number, "add_host", host="one").status == 409
    assert ask(api, "DELETE", f"/{number}").status == 400
    assert act(api, number, "remove_host", host="one").body["aggregate"]["hosts"] == []
    assert act(api, number, "remove_host", host="one").status == 404


def test_a_zone_is_where_its_hosts_are(api: Any) -> None:
    api.host("one")
    number = make(api, zone="east")
    act(api, number, "add_host", host="one")
    assert zones(api) == ["east"]
    api.clock.advance(10)
    api.host("one")
    assert zones(api) == ["east"]
    ask(api, "PUT", f"/{number}", {"aggregate": {"availability_zone": "west"}})
    assert zones(api) == ["west"]
    act(api, number, "remove_host", host="one")
    assert zones(api) == ["nova"]


def test_a_host_is_in_one_zone_only(api: Any) -> None:
    api.host("one")
    east, west, plain = make(api, "a", "east"), make(api, "b", "west"), make(api, "c")
    act(api, east, "add_host", host="one")
    assert act(api, west, "add_host", host="one").status == 400
    assert act(api, plain, "add_host", host="one").status == 200
    assert act(api, plain, "set_metadata", metadata={"availability_zone": "west"}).status == 400


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "availability_zone": "a:b"}, {"colour": "red"}])
def test_what_makes_no_sense_is_refused(api: Any, body: dict[str, Any]) -> None:
    assert ask(api, "POST", "", {"aggregate": body}).status == 400


def test_members_see_none(api: Any) -> None:
    assert api("GET", "/os-aggregates").status == 403
