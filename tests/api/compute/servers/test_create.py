"""Creating servers."""

from __future__ import annotations

from typing import Any


def test_a_server_is_build_until_its_host_reports_it_and_active_from_then_on(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.boot(metadata={"a": "b"}, tags=["red"])

    before = member.server(server_id)
    assert (before["status"], before["OS-EXT-STS:vm_state"], before["OS-EXT-STS:task_state"]) == (
        "BUILD",
        "building",
        "scheduling",
    )
    assert before["addresses"] == {}

    cloud.settle()

    after = member.server(server_id)
    assert (after["status"], after["OS-EXT-STS:task_state"], after["OS-EXT-STS:power_state"]) == ("ACTIVE", None, 1)
    assert after["metadata"] == {"a": "b"}
    assert after["tags"] == ["red"]
    [address] = after["addresses"]["net"]
    assert address["addr"].startswith("10.0.0.")
    assert after["security_groups"] == [{"name": "default"}]
    assert cloud.hypervisors["h1"].observe()[server_id].power == "running"


def test_a_created_server_takes_no_more_than_25_rows_in_8_commits(cloud: Any) -> None:
    cloud.active()
    seen = cloud.db.statistics
    commits, rows = seen.commits, seen.rows_written

    cloud.active()

    assert seen.rows_written - rows <= 25
    assert seen.commits - commits <= 8


def test_each_further_server_of_a_request_takes_few_statements(cloud: Any) -> None:
    def statements(count: int) -> int:
        before = cloud.db.statistics.statements
        answer = cloud.member().post("/servers", cloud.wanted(min_count=count, max_count=count))
        assert answer.status == 202
        return int(cloud.db.statistics.statements - before)

    statements(1)  # the project's default group is made
    one, four = statements(1), statements(4)
    assert (four - one) / 3 <= 9, "what they share is read once"
