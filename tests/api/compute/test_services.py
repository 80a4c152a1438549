"""Compute's services and availability zones, as administrators see them."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.compute.logic.compute_hosts import disabled_in, host_states_in
from cupola.compute.upkeep import conductors
from cupola.placement import interface as placement


def service(api: Any, binary: str = "nova-compute", at: str = "2.96") -> Any:
    [found] = api("GET", f"/os-services?binary={binary}", at=at, token="admin").body["services"]
    return found


def change(api: Any, **body: Any) -> Any:
    return api("PUT", f"/os-services/{service(api)['id']}", body, token="admin")


def test_a_host_is_a_service_that_is_up_while_it_is_heard(api: Any) -> None:
    api.host("one")
    assert service(api) == {
        "binary": "nova-compute",
        "host": "one",
        "id": service(api)["id"],
        "zone": "nova",
        "status": "enabled",
        "state": "up",
        "updated_at": "2026-01-01T00:00:00.000000",
        "disabled_reason": None,
        "forced_down": False,
    }
    api.clock.advance(300)
    assert service(api)["state"] == "down"


def test_the_conductor_is_up_while_it_works(api: Any) -> None:
    conductors.one_pass(api.ctx)
    assert (service(api, "nova-conductor")["state"], service(api, "nova-scheduler")["zone"]) == ("up", "internal")
    api.clock.advance(300)
    assert service(api, "nova-conductor")["state"] == "down"


def test_a_disabled_host_says_why_and_takes_no_servers(api: Any) -> None:
    api.host("one")
    changed = change(api, status="disabled", disabled_reason="new disks").body["service"]
    assert (changed["status"], changed["disabled_reason"]) == ("disabled", "new disks")
    [state] = api.ctx.read("test", host_states_in)
    assert (state.enabled, state.disabled_reason) == (False, "new disks")
    assert api.ctx.read("test", disabled_in) == {"one"}
    assert change(api, status="enabled").body["service"]["disabled_reason"] is None


def test_a_host_is_forced_down(api: Any) -> None:
    api.host("one")
    assert change(api, forced_down=True).body["service"]["state"] == "down"
    assert not api.ctx.read("test", host_states_in)[0].alive
    assert change(api, forced_down=False).body["service"]["state"] == "up"


@pytest.mark.parametrize("body", [{}, {"status": "enabled", "disabled_reason": "x"}, {"status": "odd"}, {"x": 1}])
def test_a_change_that_means_nothing_is_refused(api: Any, body: dict[str, Any]) -> None:
    api.host("one")
    assert change(api, **body).status == 400


def test_only_hosts_are_changed(api: Any) -> None:
    conductors.one_pass(api.ctx)
    conductor = service(api, "nova-conductor")["id"]
    assert api("PUT", f"/os-services/{conductor}", {"status": "disabled"}, token="admin").status == 400
    absent = "6c7bb7d5-4f2a-4c4b-8f4f-0a7c1d1b9c11"
    assert api("PUT", f"/os-services/{absent}", {"status": "disabled"}, token="admin").status == 404
    assert api("PUT", "/os-services/not-a-uuid", {"status": "disabled"}, token="admin").status == 400


def test_before_2_53_a_service_goes_by_host_and_binary(api: Any) -> None:
    api.host("one")
    named = {"host": "one", "binary": "nova-compute"}

    def act(action: str, **more: Any) -> Any:
        return api("PUT", f"/os-services/{action}", named | more, at="2.11", token="admin")

    assert act("disable-log-reason", disabled_reason="x").body == {
        "service": named | {"status": "disabled", "disabled_reason": "x"}
    }
    assert act("disable-log-reason").status == 400
    assert act("enable").body == {"service": named | {"status": "enabled"}}
    assert act("force-down", forced_down="true").body == {"service": named | {"forced_down": True}}
    assert act("explode").status == 404
    assert act("enable", host="absent").status == 404
    assert service(api, at="2.1")["id"] == 1


def test_a_host_is_forgotten_only_when_it_has_no_servers(api: Any) -> None:
    api.host("one")
    provider_id = service(api)["id"]

    def claim(tx: Any) -> None:
        placement.claim_in(tx, api.ctx, "server", provider_id, {"VCPU": 1}, "blue", "alice-id")

    api.ctx.transact("test", claim)
    assert api("DELETE", f"/os-services/{provider_id}", token="admin").status == 409
    api.ctx.transact("test", lambda tx: placement.release_in(tx, api.ctx, "server"))
    assert api("DELETE", f"/os-services/{provider_id}", token="admin").status == 204
    assert api("DELETE", f"/os-services/{provider_id}", token="admin").status == 404
    assert api.ctx.read("test", host_states_in) == []


def test_members_see_zones_and_no_services(api: Any) -> None:
    api.host("one")
    conductors.one_pass(api.ctx)
    assert api("GET", "/os-services").status == 403
    assert api("GET", "/os-availability-zone/detail").status == 403
    assert api("GET", "/os-availability-zone").body == {
        "availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]
    }


def test_a_zone_shows_its_hosts(api: Any) -> None:
    api.host("one")
    [zone] = api("GET", "/os-availability-zone/detail", token="admin").body["availabilityZoneInfo"]
    assert zone["hosts"]["one"]["nova-compute"]["available"] is True
    change(api, status="disabled")
    [zone] = api("GET", "/os-availability-zone/detail", token="admin").body["availabilityZoneInfo"]
    assert (zone["zoneState"], zone["hosts"]) == ({"available": False}, None)
