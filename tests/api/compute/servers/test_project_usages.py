"""What projects used, as clients see it."""

from __future__ import annotations

from typing import Any

import pytest

SPAN = "start=2025-12-01T00:00:00&end=2027-01-01T00:00:00"


def test_a_project_without_servers_used_nothing(cloud: Any) -> None:
    assert cloud.member().get("/os-simple-tenant-usage/blue").json == {"tenant_usage": {}}
    assert cloud.admin().get("/os-simple-tenant-usage").json == {"tenant_usages": []}


def test_hours_are_counted_until_a_server_is_deleted(cloud: Any) -> None:
    server_id = cloud.active()
    cloud.clock.advance(7200)
    used = cloud.member().get(f"/os-simple-tenant-usage/blue?{SPAN}").json["tenant_usage"]
    assert used["total_hours"] == pytest.approx(2, abs=0.1)
    assert used["total_memory_mb_usage"] == pytest.approx(128 * used["total_hours"])
    [server] = used["server_usages"]
    assert (server["instance_id"], server["state"], server["vcpus"]) == (server_id, "active", 1)
    cloud.member().delete(f"/servers/{server_id}")
    cloud.settle()
    cloud.clock.advance(7200)
    after = cloud.member().get(f"/os-simple-tenant-usage/blue?{SPAN}").json["tenant_usage"]
    assert after["total_hours"] == pytest.approx(used["total_hours"], abs=0.1)
    assert after["server_usages"][0]["state"] == "terminated"


def test_a_list_is_paged_by_server(cloud: Any) -> None:
    for name in ("one", "two"):
        cloud.active(name=name)
    cloud.clock.advance(60)
    first = cloud.admin().get(f"/os-simple-tenant-usage?{SPAN}&detailed=1&limit=1").json
    assert len(first["tenant_usages"][0]["server_usages"]) == 1
    rest = first["tenant_usages_links"][0]["href"].partition("/v2.1")[2]
    second = cloud.admin().get(rest).json["tenant_usages"][0]["server_usages"]
    assert second[0]["instance_id"] != first["tenant_usages"][0]["server_usages"][0]["instance_id"]


@pytest.mark.parametrize("query", ["start=yesterday", "start=2027-01-01T00:00:00&end=2026-01-01T00:00:00", "x=1"])
def test_a_span_that_means_nothing_is_refused(cloud: Any, query: str) -> None:
    assert cloud.admin().get(f"/os-simple-tenant-usage?{query}").status == 400


def test_members_see_their_own_only(cloud: Any) -> None:
    assert cloud.member().get("/os-simple-tenant-usage").status == 403
    assert cloud.member().get("/os-simple-tenant-usage/red").status == 403
