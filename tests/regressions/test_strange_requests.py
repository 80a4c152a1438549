"""Requests that nobody means, which once were a fault or left something behind that nobody could take away."""

from __future__ import annotations

from typing import Any

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser

NETWORK = "/network/v2.0"


def _private(browser: Browser) -> str:
    return str(browser.get(f"{NETWORK}/networks?name=private").json["networks"][0]["id"])


def _port(browser: Browser, **wanted: Any) -> Any:
    made = browser.post(f"{NETWORK}/ports", {"port": {"network_id": _private(browser), **wanted}})
    assert made.status == 201, made.json
    return made.json["port"]


def test_a_security_group_without_a_name_is_none(cloud: TestCloud) -> None:
    """It was a fault, told after the server had been made."""
    member = cloud.member()
    wanted = {
        "name": "s",
        "imageRef": member.get("/image/v2/images").json["images"][0]["id"],
        "flavorRef": member.get("/compute/v2.1/flavors").json["flavors"][0]["id"],
        "security_groups": [{}],
    }
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    assert (answer.status, answer.json["server"]["security_groups"]) == (202, [])


def test_no_more_address_pairs_may_be_written_as_null(cloud: TestCloud) -> None:
    member = cloud.member()
    port = _port(member)
    changed = member.put(f"{NETWORK}/ports/{port['id']}", {"port": {"allowed_address_pairs": None}})
    assert (changed.status, changed.json["port"]["allowed_address_pairs"]) == (200, [])


def test_nothing_waits_for_a_host_that_never_was(cloud: TestCloud) -> None:
    """A message to it was sent each minute, for ever."""
    admin = cloud.admin()
    port = _port(admin, **{"binding:host_id": "nowhere"})
    path = f"{NETWORK}/ports/{port['id']}"
    for host in ("h1", "nowhere"):
        assert admin.put(path, {"port": {"binding:host_id": host, "name": host}}).status == 200
    assert admin.delete(path).status == 204
    cloud.settle()
    assert cloud.findings() == []


def test_a_router_that_leads_nowhere_is_on_its_host_at_once(cloud: TestCloud) -> None:
    """The host learned of it with its next full pass only, and doctor complained until then."""
    assert cloud.member().post(f"{NETWORK}/routers", {"router": {"name": "r"}}).status == 201
    cloud.settle()
    assert cloud.findings() == []


def test_an_mtu_of_zero_is_the_usual_one(cloud: TestCloud) -> None:
    member = cloud.member()
    path = f"{NETWORK}/networks/{_private(member)}"
    usual = member.get(path).json["network"]["mtu"]
    assert member.put(path, {"network": {"mtu": 1280}}).json["network"]["mtu"] == 1280
    assert member.put(path, {"network": {"mtu": 0}}).json["network"]["mtu"] == usual
