"""A server's whole life on each database."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def anywhere(new_cloud: Any, database_url: str) -> Any:
    return new_cloud(["h1"], database_url)


def test_a_server_is_built_found_changed_and_deleted(anywhere: Any) -> None:
    cloud, member = anywhere, anywhere.member()
    one = cloud.active(name="one", tags=["red"], metadata={"a": "b"}, config_drive=True)
    two = cloud.active(name="two", tags=["50%_"], description="second")
    member.act(one, "os-stop")
    cloud.settle()

    def found(query: str) -> list[str]:
        answer = member.get(f"/servers?{query}")
        assert answer.status == 200, answer.json
        return [server["name"] for server in answer.json["servers"]]

    def sorted_ids(query: str) -> list[str]:
        return [server["id"] for server in member.get(f"/servers?{query}").json["servers"]]

    assert found("name=^o") == ["one"]
    assert found("status=SHUTOFF") == ["one"]
    assert found("tags=red") == ["one"]
    assert found("not-tags=50%25_") == ["one"]
    assert found("tags-any=red,50%25_") == ["two", "one"]
    assert found("ip=10.0.0.") == ["two", "one"]
    assert found("config_drive=True") == ["one"]
    assert found("changes-since=2020-01-01T00:00:00Z") == ["two", "one"]
    for key in ("display_name", "launched_at", "created_at", "config_drive", "locked", "power_state", "key_name"):
        first, second = sorted_ids(f"sort_key={key}&sort_dir=asc")
        assert sorted_ids(f"sort_key={key}&sort_dir=asc&marker={first}") == [second]

    assert member.put(f"/servers/{two}", {"server": {"name": "zwei", "description": None}}).status == 200
    assert member.delete(f"/servers/{two}").status == 204
    cloud.settle()
    assert found("name=.") == ["one"]
    actions = member.get(f"/servers/{two}/os-instance-actions").json["instanceActions"]
    assert [action["action"] for action in actions] == ["delete", "create"]
    shown = cloud.admin().get(f"/servers/{two}/os-instance-actions/{actions[1]['request_id']}").json
    assert [event["result"] for event in shown["instanceAction"]["events"]] == ["Success", "Success"]
