"""Anybody may write any id into a port's `device_id`: only what the cloud itself plugged in is a device's."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.network import interface as network
from cupola.network.logic.router_documents import WantedRouters
from cupola.testing.cloud import TestCloud

ME = "/network/v2.0"


def _made(answer: Any) -> Any:
    assert answer.status in (200, 201, 202), answer.json
    return next(iter(answer.json.values()))


def _network(browser: Any, cidr: str) -> str:
    network_id = _made(browser.post(f"{ME}/networks", {"network": {"name": "mine"}}))["id"]
    _made(browser.post(f"{ME}/subnets", {"subnet": {"network_id": network_id, "ip_version": 4, "cidr": cidr}}))
    return str(network_id)


@pytest.fixture
def victim(cloud: TestCloud) -> Any:
    return cloud.member("victims")


@pytest.fixture
def server_id(cloud: TestCloud, victim: Any) -> str:
    """A server of the victim on a network of its own."""
    _network(victim, "10.1.0.0/24")
    image = next(iter(victim.get("/image/v2/images").json["images"]))["id"]
    flavor = victim.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    body = {"server": {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": "auto"}}
    made = _made(victim.post("/compute/v2.1/servers", body, headers={"OpenStack-API-Version": "compute 2.79"}))
    cloud.settle()
    return str(made["id"])


def test_a_port_that_names_a_foreign_server_is_not_that_servers(cloud: TestCloud, victim: Any, server_id: str) -> None:
    thief = cloud.member("thieves")
    network_id = _network(thief, "10.2.0.0/24")
    wanted = {"network_id": network_id, "device_id": server_id, "device_owner": "compute:nova"}
    port = _made(thief.post(f"{ME}/ports", {"port": wanted}))
    assert port["device_id"] == server_id

    address = port["fixed_ips"][0]["ip_address"]
    asked = cloud.ctx.read("test", lambda tx: network.server_by_address(tx, f"network/{network_id}", address))
    assert asked is None, "the metadata service would tell the thief of the victim's server"
    shown = _made(victim.get(f"/compute/v2.1/servers/{server_id}"))
    assert set(shown["addresses"]) == {"mine"} and address not in str(shown["addresses"])
    ports = _made(victim.get(f"/compute/v2.1/servers/{server_id}/os-interface"))
    assert port["id"] not in {each["port_id"] for each in ports}

    second = _network(victim, "10.3.0.0/24")
    attached = victim.post(
        f"/compute/v2.1/servers/{server_id}/os-interface", {"interfaceAttachment": {"net_id": second}}
    )
    assert attached.status == 200, attached.json


@pytest.mark.parametrize("owner", ["network:router_gateway", "compute:nova", ""])
def test_a_port_that_names_a_foreign_router_does_not_join_it(cloud: TestCloud, victim: Any, owner: str) -> None:
    router_id = _made(victim.post(f"{ME}/routers", {"router": {"name": "r"}}))["id"]
    thief = cloud.member("thieves")
    wanted = {"network_id": _network(thief, "10.2.0.0/24"), "device_id": router_id, "device_owner": owner}
    _made(thief.post(f"{ME}/ports", {"port": wanted}))

    (document,) = cloud.ctx.read("test", lambda tx: WantedRouters().documents(tx, "h1", [router_id])).values()
    assert document is not None and not document["interfaces"]
    assert victim.delete(f"{ME}/routers/{router_id}").status == 204


def test_who_says_that_a_servers_port_is_of_something_else_takes_it_from_the_server(
    cloud: TestCloud, victim: Any, server_id: str
) -> None:
    (port,) = _made(victim.get(f"{ME}/ports?device_id={server_id}"))
    changed = victim.put(f"{ME}/ports/{port['id']}", {"port": {"device_id": "something else"}})
    assert changed.status == 200, changed.json
    assert _made(victim.get(f"/compute/v2.1/servers/{server_id}"))["addresses"] == {}


def test_what_joins_a_router_stays_its_own(cloud: TestCloud, victim: Any) -> None:
    _network(victim, "10.1.0.0/24")
    (subnet,) = _made(victim.get(f"{ME}/subnets?cidr=10.1.0.0/24"))
    router_id = _made(victim.post(f"{ME}/routers", {"router": {"name": "r"}}))["id"]
    joined = victim.put(f"{ME}/routers/{router_id}/add_router_interface", {"subnet_id": subnet["id"]})
    refused = victim.put(f"{ME}/ports/{joined.json['port_id']}", {"port": {"device_id": "another"}})
    assert refused.status == 409 and refused.json["NeutronError"]["type"] == "ServicePortInUse"


def test_the_owner_of_a_network_does_not_use_the_ports_that_others_have_there(cloud: TestCloud) -> None:
    owner, guest = cloud.member("owners"), cloud.member("guests")
    network_id = _network(owner, "10.4.0.0/24")
    assert cloud.admin().put(f"{ME}/networks/{network_id}", {"network": {"shared": True}}).status == 200
    port = _made(guest.post(f"{ME}/ports", {"port": {"network_id": network_id}}))
    assert owner.get(f"{ME}/ports/{port['id']}").status == 200

    flavor = owner.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    image = next(iter(owner.get("/image/v2/images").json["images"]))["id"]
    body = {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": [{"port": port["id"]}]}
    refused = owner.post("/compute/v2.1/servers", {"server": body})
    assert refused.status == 400 and "another project" in refused.json["badRequest"]["message"]

    (public,) = _made(owner.get(f"{ME}/networks?router:external=true"))
    led = {"floatingip": {"floating_network_id": public["id"], "port_id": port["id"]}}
    refused = owner.post(f"{ME}/floatingips", led)
    assert refused.status == 400 and "another project" in refused.json["NeutronError"]["message"]


def test_a_guest_of_a_network_chooses_no_address_for_its_server_either(cloud: TestCloud) -> None:
    """The gateway's, for one, would bring it the traffic of all others."""
    owner, guest = cloud.member("owners"), cloud.member("guests")
    network_id = _network(owner, "10.4.0.0/24")
    assert cloud.admin().put(f"{ME}/networks/{network_id}", {"network": {"shared": True}}).status == 200
    flavor = owner.get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    image = next(iter(owner.get("/image/v2/images").json["images"]))["id"]
    chosen = {"uuid": network_id, "fixed_ip": "10.4.0.1"}
    body = {"server": {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": [chosen]}}
    assert guest.post("/compute/v2.1/servers", body).status == 403
    assert owner.post("/compute/v2.1/servers", body).status == 202
