"""Quotas, extensions, and what a new cloud starts with."""

from __future__ import annotations

from typing import Any

from cupola.network import interface


def test_a_quota_is_set_used_up_and_reset(api: Any) -> None:
    path = "/v2.0/quotas/blue"
    assert api("GET", path).body["quota"]["network"] == 100
    assert api("PUT", path, {"quota": {"network": 1}}).status == 403
    assert api("PUT", path, {"quota": {"network": 1}}, "admin").body["quota"]["network"] == 1
    api.make("network", name="last")
    answer = api("POST", "/v2.0/networks", {"network": {}})
    assert (answer.status, answer.error) == (409, ("OverQuota", "Quota exceeded for resources: ['network']."))
    details = api("GET", f"{path}/details", token="admin").body["quota"]["network"]
    assert details == {"limit": 1, "used": 1, "reserved": 0}
    assert api("GET", f"{path}/default", token="admin").body["quota"]["network"] == 100
    assert [each["project_id"] for each in api("GET", "/v2.0/quotas", token="admin").body["quotas"]] == ["blue"]
    assert api("DELETE", path, token="admin").status == 204
    assert api("DELETE", path, token="admin").status == 404
    assert api("GET", path).body["quota"]["network"] == 100
    assert api("GET", path, token="other").status == 403


def test_a_quota_that_is_none_is_refused(api: Any) -> None:
    for given in ({"network": "lots"}, {"network": -2}, {"colour": 1}, [], {"network": True}, {"network": 2**31}):
        assert api("PUT", "/v2.0/quotas/blue", {"quota": given}, "admin").status == 400


def test_a_quota_below_what_is_used_must_be_forced(api: Any) -> None:
    path = "/v2.0/quotas/blue"
    api.make("network")
    for given in ({"network": 0}, {"network": 0, "check_limit": True}, {"network": 0, "force": "yes"}):
        assert api("PUT", path, {"quota": given}, "admin").status == 400
    assert api("PUT", path, {"quota": {"network": -1}}, "admin").body["quota"]["network"] == -1
    assert api("PUT", path, {"quota": {"network": 0, "force": True}}, "admin").body["quota"]["network"] == 0


def test_extensions_are_listed_and_shown(api: Any) -> None:
    aliases = {each["alias"] for each in api("GET", "/v2.0/extensions").body["extensions"]}
    assert {"router", "security-group", "external-net", "quotas"} <= aliases
    assert api("GET", "/v2.0/extensions/router").body["extension"]["alias"] == "router"
    assert api("GET", "/v2.0/extensions/absent").status == 404
    assert api("GET", "/v2.0/absent").error[0] == "HTTPNotFound"


def test_a_new_cloud_has_a_way_out_and_a_network_behind_a_router(api: Any) -> None:
    for _ in range(2):
        interface.bootstrap(api.ctx, "172.24.4.0/24", "blue")
    api.host("one")
    networks = {each["name"]: each for each in api("GET", "/v2.0/networks").body["networks"]}
    assert set(networks) == {"public", "private"} and networks["public"]["mtu"] == 1500
    (router,) = api("GET", "/v2.0/routers").body["routers"]
    assert router["external_gateway_info"]["network_id"] == networks["public"]["id"]
    assert len(api.hosts["one"].present()) == 3
    used = api("GET", "/v2.0/quotas/blue/details", token="admin").body["quota"]
    assert {name: each["used"] for name, each in used.items() if each["used"]} == {
        "network": 1,
        "subnet": 1,
        "router": 1,
        "port": 2,
    }
