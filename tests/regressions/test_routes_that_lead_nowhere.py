"""A route whose next hop is in no network of its router any more must not keep the host from the rest of the router."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.testing.cloud import TestCloud

ME = "/network/v2.0"


def _made(answer: Any) -> Any:
    assert answer.status in (200, 201), answer.json
    return next(iter(answer.json.values()))


@pytest.fixture
def owner(cloud: TestCloud) -> Any:
    return cloud.member("owners")


@pytest.fixture
def router(owner: Any) -> str:
    """A router with a foot in 10.1.0.0/24."""
    network = _made(owner.post(f"{ME}/networks", {"network": {"name": "inside"}}))["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.1.0.0/24"}
    subnet_id = _made(owner.post(f"{ME}/subnets", {"subnet": subnet}))["id"]
    made: str = _made(owner.post(f"{ME}/routers", {"router": {"name": "r"}}))["id"]
    assert owner.put(f"{ME}/routers/{made}/add_router_interface", {"subnet_id": subnet_id}).status == 200
    return made


def _change(cloud: TestCloud, owner: Any, router: str, **changes: Any) -> dict[str, Any]:
    """What the host has of the router when that was changed."""
    _made(owner.put(f"{ME}/routers/{router}", {"router": changes}))
    cloud.settle()
    document: dict[str, Any] = cloud.hosts["h1"].memory.documents("router")[router]
    return document


def test_a_router_with_routes_can_be_taken_down(cloud: TestCloud, owner: Any, router: str) -> None:
    route = {"destination": "10.9.0.0/24", "nexthop": "10.1.0.9"}
    assert _change(cloud, owner, router, routes=[route])["extra_routes"] == [route]
    down = _change(cloud, owner, router, admin_state_up=False)
    assert (down["interfaces"], down["extra_routes"]) == ([], [])
    assert _change(cloud, owner, router, admin_state_up=True)["extra_routes"] == [route]
    cloud.assert_sound()


def test_a_router_whose_gateway_goes_keeps_its_other_feet(cloud: TestCloud, owner: Any, router: str) -> None:
    (public,) = owner.get(f"{ME}/networks?router:external=true").json["networks"]
    gateway = _change(cloud, owner, router, external_gateway_info={"network_id": public["id"]})["gateway"]
    route = {"destination": "10.9.0.0/24", "nexthop": gateway["gateway_ips"][0]}
    assert _change(cloud, owner, router, routes=[route])["extra_routes"] == [route]
    without = _change(cloud, owner, router, external_gateway_info={})
    assert (without["gateway"], without["extra_routes"], len(without["interfaces"])) == (None, [], 1)
    cloud.assert_sound()
