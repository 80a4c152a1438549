"""Quota sets and limits, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.base import quota
from cupola.compute.model.limits import LIMITS_OF

DEFAULTS = {
    "cores": 20,
    "instances": 10,
    "key_pairs": 100,
    "metadata_items": 128,
    "ram": 51200,
    "server_group_members": 10,
    "server_groups": 10,
}


def use(api: Any, **amounts: int) -> None:
    api.ctx.transact("test", lambda tx: quota.take(tx, LIMITS_OF, "blue", **amounts))


def test_a_project_has_the_defaults(api: Any) -> None:
    assert api("GET", "/os-quota-sets/blue").body == {"quota_set": {"id": "blue"} | DEFAULTS}
    assert api("GET", "/os-quota-sets/blue/defaults").body == {"quota_set": {"id": "blue"} | DEFAULTS}


def test_older_microversions_know_more(api: Any) -> None:
    oldest = api("GET", "/os-quota-sets/blue", at="2.1").body["quota_set"]
    assert (oldest["floating_ips"], oldest["injected_files"]) == (-1, 5)
    assert "floating_ips" not in api("GET", "/os-quota-sets/blue", at="2.36").body["quota_set"]


def test_what_is_used_is_told_apart(api: Any) -> None:
    use(api, compute__cores=3)
    detail = api("GET", "/os-quota-sets/blue/detail").body["quota_set"]
    assert detail["cores"] == {"limit": 20, "in_use": 3, "reserved": 0}


def test_an_administrator_changes_it_and_gives_the_defaults_again(api: Any) -> None:
    changed = api("PUT", "/os-quota-sets/blue", {"quota_set": {"instances": "2", "ram": -1}}, token="admin")
    assert changed.body == {"quota_set": DEFAULTS | {"instances": 2, "ram": -1}}
    assert api("GET", "/limits").body["limits"]["absolute"]["maxTotalInstances"] == 2
    assert api("DELETE", "/os-quota-sets/blue", token="admin").status == 202
    assert api("GET", "/os-quota-sets/blue").body["quota_set"]["instances"] == 10


def test_a_limit_is_not_set_below_what_is_used_but_by_force(api: Any) -> None:
    use(api, compute__cores=3)
    assert api("PUT", "/os-quota-sets/blue", {"quota_set": {"cores": 2}}, token="admin").status == 400
    assert api("PUT", "/os-quota-sets/blue", {"quota_set": {"cores": 2, "force": True}}, token="admin").status == 200


@pytest.mark.parametrize("wanted", [{"instances": "lots"}, {"instances": -2}, {"colour": 1}, {"floating_ips": 1}])
def test_what_makes_no_sense_is_refused(api: Any, wanted: dict[str, Any]) -> None:
    assert api("PUT", "/os-quota-sets/blue", {"quota_set": wanted}, token="admin").status == 400


def test_members_see_their_own_only_and_change_none(api: Any) -> None:
    assert api("GET", "/os-quota-sets/red").status == 403
    assert api("PUT", "/os-quota-sets/blue", {"quota_set": {"cores": 99}}).status == 403
    assert api("GET", "/limits?tenant_id=red").status == 403
    assert api("GET", "/limits?tenant_id=blue", token="admin").status == 200


def test_limits_say_what_is_used(api: Any) -> None:
    use(api, compute__instances=1, compute__ram=64)
    absolute = api("GET", "/limits").body["limits"]["absolute"]
    assert (absolute["totalInstancesUsed"], absolute["totalRAMUsed"], absolute["maxTotalRAMSize"]) == (1, 64, 51200)
    assert "maxImageMeta" in api("GET", "/limits", at="2.38").body["limits"]["absolute"]


@pytest.mark.parametrize("path", ["", "/detail", "/defaults"])
def test_a_project_that_is_none_has_no_quota(api: Any, path: str) -> None:
    refused = api("GET", f"/os-quota-sets/absent{path}", token="admin")
    assert refused.body["badRequest"]["message"] == "Project ID absent is not a valid project."
