"""What doctor finds in compute's books, and what administrators see of the servers on a host."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.base import quota
from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.compute.model.limits import LIMITS_OF
from cupola.compute.upkeep.accounts import claims_match, quota_matches
from cupola.placement import interface as placement


def findings(cloud: Any) -> list[Finding]:
    def look(tx: Transaction) -> list[Finding]:
        return [*claims_match(tx), *quota_matches(tx)]

    found: list[Finding] = cloud.ctx.read("test", look)
    return found


def test_a_healthy_cloud_has_no_findings(cloud: Any) -> None:
    kept, gone = cloud.active(), cloud.active(name="two")
    assert findings(cloud) == []
    cloud.member().delete(f"/servers/{gone}")
    cloud.settle()
    assert findings(cloud) == []
    assert cloud.member().server(kept)["status"] == "ACTIVE"


def test_a_server_that_found_no_host_is_no_finding(new_cloud: Any) -> None:
    cloud = new_cloud([])
    cloud.boot()
    cloud.settle()
    assert findings(cloud) == []


def test_a_server_without_its_claim_is_found(cloud: Any) -> None:
    server_id = cloud.active()
    cloud.ctx.transact("test", lambda tx: placement.release_in(tx, cloud.ctx, server_id))
    assert [(one.check, one.subject) for one in findings(cloud)] == [("claim.differs", f"server/{server_id}")]


def test_a_claim_without_its_server_is_found(cloud: Any) -> None:
    provider_id = cloud.ctx.read("test", lambda tx: placement.candidates_in(tx, {}))[0].provider_id

    def claim(tx: Transaction) -> None:
        placement.claim_in(tx, cloud.ctx, "nobody", provider_id, {"VCPU": 1}, "blue", "alice-id")

    cloud.ctx.transact("test", claim)
    assert [(one.check, one.subject) for one in findings(cloud)] == [("claim.unowned", "server/nobody")]


@pytest.mark.parametrize("name", ["instances", "cores", "ram"])
def test_a_wrong_count_is_found(cloud: Any, name: str) -> None:
    cloud.active()
    cloud.ctx.transact("test", lambda tx: quota.take(tx, LIMITS_OF, "blue", **{f"compute__{name}": 1}))
    [found] = findings(cloud)
    assert (found.check, found.subject) == ("quota.differs", "project/blue")
    assert name in found.what


def test_a_hypervisor_shows_its_servers(cloud: Any) -> None:
    server_id = cloud.active()
    [brief] = cloud.admin().get("/os-hypervisors?with_servers=true").json["hypervisors"]
    assert brief["servers"] == [{"name": "one", "uuid": server_id}]
    [detail] = cloud.admin("2.87").get("/os-hypervisors/detail").json["hypervisors"]
    assert (detail["running_vms"], detail["vcpus_used"]) == (1, 1)
    [named] = cloud.admin("2.52").get("/os-hypervisors/h/servers").json["hypervisors"]
    assert named["servers"][0]["uuid"] == server_id
