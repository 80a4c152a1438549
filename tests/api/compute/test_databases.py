"""What databases could take differently: numbers they make, names that clash, lists that go on."""

from __future__ import annotations

from typing import Any

from cupola.compute.logic.compute_hosts import host_states_in
from cupola.compute.upkeep import conductors

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Zz0gYH3cTgqT1P7qKTXmUWJwq8ZpQH0i8gE4xYw5b a@b"


def test_compute_holds_on_each_database(api_on_each: Any) -> None:
    api = api_on_each
    for name in ("b", "A", "a"):
        flavor = {"name": name, "ram": 64, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": name != "b"}
        assert api("POST", "/flavors", {"flavor": flavor}, token="admin").status == 200
    assert len(api("GET", "/flavors/detail?sort_key=updated_at&limit=1").body["flavors_links"]) == 1
    assert len(api("GET", "/flavors?is_public=None", token="admin").body["flavors"]) == 3

    key = {"keypair": {"name": "k", "public_key": PUBLIC}}
    assert [api("POST", "/os-keypairs", key).status for _ in range(2)] == [201, 409]
    assert api("GET", "/os-keypairs/k").body["keypair"]["id"] == 1

    api.host("one")
    conductors.one_pass(api.ctx)
    found = api("GET", "/os-services", at="2.1", token="admin").body["services"]
    assert [one["id"] for one in found] == [1, 2, 3]
    disabled = {"status": "disabled", "disabled_reason": "x"}
    [state] = api.ctx.read("test", host_states_in)
    assert api("PUT", f"/os-services/{state.provider_id}", disabled, token="admin").status == 200

    made = api("POST", "/os-aggregates", {"aggregate": {"name": "fast", "availability_zone": "east"}}, token="admin")
    assert api("POST", "/os-aggregates", {"aggregate": {"name": "fast"}}, token="admin").status == 409
    path = f"/os-aggregates/{made.body['aggregate']['id']}/action"
    assert api("POST", path, {"add_host": {"host": "one"}}, token="admin").status == 200
    assert api.ctx.read("test", host_states_in)[0].zone == "east"
    limits = {"quota_set": {"instances": 3}}
    assert api("PUT", "/os-quota-sets/blue", limits, token="admin").body["quota_set"]["instances"] == 3
