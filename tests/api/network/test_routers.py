"""Routers, gateways and floating IPs through the API, as far as a host's documents."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def joined(api: Any) -> dict[str, Any]:
    """A network behind a router with a gateway, on a host."""
    api.host("one")
    public = api.public()
    network, subnet = api.network()
    router = api.make("router", name="r", external_gateway_info={"network_id": public["id"]})
    answer = api("PUT", f"/v2.0/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    assert answer.status == 200, answer.body
    return {"public": public, "network": network, "subnet": subnet, "router": router, "interface": answer.body}


def test_the_gateway_is_an_address_of_the_external_network(api: Any, joined: dict[str, Any]) -> None:
    info = joined["router"]["external_gateway_info"]
    assert info["network_id"] == joined["public"]["id"] and info["enable_snat"] is True
    assert info["external_fixed_ips"][0]["ip_address"].startswith("203.0.113.")
    assert joined["interface"]["subnet_ids"] == [joined["subnet"]["id"]]
    owned = api("GET", f"/v2.0/ports?device_id={joined['router']['id']}").body["ports"]
    assert [(port["device_owner"], port["fixed_ips"][0]["ip_address"]) for port in owned] == [
        ("network:router_interface", "10.0.0.1")
    ], "the gateway's port belongs to no project"


def test_the_host_is_told_of_the_router_and_its_networks(api: Any, joined: dict[str, Any]) -> None:
    api.settle()
    (router,) = api.hosts["one"].routers()
    assert router.interfaces[0].addresses == ("10.0.0.1/24",) and router.gateway is not None
    assert router.gateway.gateway_ips == ("203.0.113.1",) and router.enable_snat
    networks = {each.network_id: each for each in api.hosts["one"].networks()}
    assert set(networks) == {joined["network"]["id"], joined["public"]["id"]}
    assert networks[joined["public"]["id"]].external
    ports = api("GET", "/v2.0/ports", token="admin").body["ports"]
    assert {port["device_owner"]: port["status"] for port in ports} == {
        "network:dhcp": "ACTIVE",
        "network:router_interface": "ACTIVE",
        "network:router_gateway": "ACTIVE",
    }


@pytest.mark.parametrize(
    ("body", "status", "type_"),
    [
        ({"subnet_id": "SUBNET"}, 400, "BadRequest"),
        ({}, 400, "BadRequest"),
        ({"subnet_id": "171bfe7b-5a81-4ae6-a3dc-3030f37394d0"}, 404, "SubnetNotFound"),
        ({"port_id": "171bfe7b-5a81-4ae6-a3dc-3030f37394d0"}, 404, "PortNotFound"),
        ({"port_id": "INTERFACE"}, 409, "PortInUse"),
    ],
)
def test_what_cannot_be_joined(api: Any, joined: dict[str, Any], body: Any, status: int, type_: str) -> None:
    known = {"SUBNET": joined["subnet"]["id"], "INTERFACE": joined["interface"]["port_id"]}
    given = {name: known.get(value, value) for name, value in body.items()}
    answer = api("PUT", f"/v2.0/routers/{joined['router']['id']}/add_router_interface", given)
    assert (answer.status, answer.error[0]) == (status, type_)


def test_overlapping_subnets_are_not_joined(api: Any, joined: dict[str, Any]) -> None:
    _, other = api.network("10.0.0.0/16")
    path = f"/v2.0/routers/{joined['router']['id']}/add_router_interface"
    answer = api("PUT", path, {"subnet_id": other["id"]})
    assert answer.status == 400 and "overlaps with cidr" in answer.error[1]


def test_a_port_of_ones_own_can_be_the_interface(api: Any, joined: dict[str, Any]) -> None:
    network, _ = api.network("10.4.0.0/24")
    port = api.make("port", network_id=network["id"])
    path = f"/v2.0/routers/{joined['router']['id']}"
    assert api("PUT", f"{path}/add_router_interface", {"port_id": port["id"]}).status == 200
    assert api("DELETE", f"/v2.0/ports/{port['id']}").error[0] == "ServicePortInUse"
    assert api("PUT", f"{path}/remove_router_interface", {"port_id": port["id"]}).status == 200
    assert api("GET", f"/v2.0/ports/{port['id']}").status == 404


def _shared(api: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A network that is everybody's, with its subnet; both are the administrator's."""
    network = api.make("network", "admin", shared=True)
    return network, api.make("subnet", "admin", network_id=network["id"], ip_version=4, cidr="10.7.0.0/24")


def test_the_gateway_of_a_foreign_subnet_is_not_for_the_taking(api: Any, joined: dict[str, Any]) -> None:
    """Shared and external subnets are seen by anybody; who had their gateway's address would have all their traffic."""
    path = f"/v2.0/routers/{joined['router']['id']}/add_router_interface"
    network, shared = _shared(api)
    (external,) = api("GET", f"/v2.0/subnets?network_id={joined['public']['id']}").body["subnets"]
    for subnet in (shared, external):
        refused = api("PUT", path, {"subnet_id": subnet["id"]})
        assert refused.status == 400 and "not owned by project making the request" in refused.error[1]
    gateway = {"network_id": network["id"], "project_id": "blue", "fixed_ips": [{"ip_address": "10.7.0.1"}]}
    port = api.make("port", "admin", **gateway)
    refused = api("PUT", path, {"port_id": port["id"]})
    assert refused.status == 400 and "out of the allocation pool" in refused.error[1]
    api("DELETE", f"/v2.0/ports/{port['id']}")
    assert api("PUT", path, {"subnet_id": shared["id"]}, "admin").status == 200


def test_a_guests_own_port_on_a_shared_network_can_be_the_interface(api: Any, joined: dict[str, Any]) -> None:
    network, _ = _shared(api)
    port = api.make("port", network_id=network["id"])
    path = f"/v2.0/routers/{joined['router']['id']}/add_router_interface"
    assert api("PUT", path, {"port_id": port["id"]}).status == 200


def test_the_port_of_a_guest_is_not_the_network_owners_to_use(api: Any, joined: dict[str, Any]) -> None:
    network, _ = api.network("10.8.0.0/24")
    assert api("PUT", f"/v2.0/networks/{network['id']}", {"network": {"shared": True}}, "admin").status == 200
    port = api.make("port", "other", network_id=network["id"])
    refused = api("PUT", f"/v2.0/routers/{joined['router']['id']}/add_router_interface", {"port_id": port["id"]})
    assert (refused.status, refused.error[0]) == (409, "DeviceIDNotOwnedByTenant")


def test_the_routers_host_is_told_of_an_interface_whose_port_says_to_be_elsewhere(
    api: Any, joined: dict[str, Any]
) -> None:
    path = f"/v2.0/ports/{joined['interface']['port_id']}"
    assert api("PUT", path, {"port": {"binding:host_id": ""}}, "admin").status == 200
    mac = "fa:16:3e:00:00:07"
    assert api("PUT", path, {"port": {"mac_address": mac}}, "admin").status == 200
    api.settle()
    (router,) = api.hosts["one"].routers()
    assert router.interfaces[0].mac == mac


def test_an_interface_that_lost_its_addresses_can_be_taken_away(api: Any, joined: dict[str, Any]) -> None:
    port_id = joined["interface"]["port_id"]
    assert api("PUT", f"/v2.0/ports/{port_id}", {"port": {"fixed_ips": []}}).status == 200
    path = f"/v2.0/routers/{joined['router']['id']}/remove_router_interface"
    answer = api("PUT", path, {"port_id": port_id})
    assert (answer.status, answer.body["subnet_id"], answer.body["subnet_ids"]) == (200, None, [])


def test_routes_need_a_neighbour(api: Any, joined: dict[str, Any]) -> None:
    path = f"/v2.0/routers/{joined['router']['id']}"
    good, bad = ({"destination": "10.8.0.0/16", "nexthop": hop} for hop in ("10.0.0.77", "10.50.0.7"))
    assert api("PUT", path, {"router": {"routes": [bad]}}).error[0] == "InvalidRoutes"
    assert api("PUT", path, {"router": {"routes": [good]}}).body["router"]["routes"] == [good]
    subnet = {"subnet_id": joined["subnet"]["id"]}
    assert api("PUT", f"{path}/remove_router_interface", subnet).error[0] == "RouterInterfaceInUseByRoute"
    more = {"destination": "10.9.0.0/16", "nexthop": "10.0.0.78"}
    assert api("PUT", f"{path}/add_extraroutes", {"router": {"routes": [more]}}).body["router"]["routes"] == [
        good,
        more,
    ]
    assert api("PUT", f"{path}/remove_extraroutes", {"router": {"routes": [good]}}).body["router"]["routes"] == [more]
    api.settle()
    assert api.hosts["one"].routers()[0].extra_routes[0].destination == "10.9.0.0/16"


def test_only_the_floating_ip_of_an_address_that_goes_comes_loose(api: Any, joined: dict[str, Any]) -> None:
    addresses = ("10.0.0.201", "10.0.0.202")
    fixed = [{"ip_address": each} for each in addresses]
    port = api.make("port", network_id=joined["network"]["id"], fixed_ips=fixed)
    wanted = {"floating_network_id": joined["public"]["id"], "port_id": port["id"]}
    for each in addresses:
        api.make("floatingip", **wanted, fixed_ip_address=each)
    api("PUT", f"/v2.0/ports/{port['id']}", {"port": {"fixed_ips": fixed[:1]}})
    led = {each["fixed_ip_address"]: each["port_id"] for each in api("GET", "/v2.0/floatingips").body["floatingips"]}
    assert led == {"10.0.0.201": port["id"], None: None}


def test_a_floating_ip_leads_to_a_port(api: Any, joined: dict[str, Any]) -> None:
    port = api.make("port", network_id=joined["network"]["id"])
    fixed = port["fixed_ips"][0]["ip_address"]
    made = api.make("floatingip", floating_network_id=joined["public"]["id"], port_id=port["id"])
    assert made["fixed_ip_address"] == fixed and made["router_id"] == joined["router"]["id"]
    assert made["status"] == "DOWN" and made["port_details"]["mac_address"] == port["mac_address"]
    api.settle()
    path = f"/v2.0/floatingips/{made['id']}"
    assert api("GET", path).body["floatingip"]["status"] == "ACTIVE"
    (told,) = api.hosts["one"].routers()[0].floating_ips
    assert (told.floating_address, told.fixed_address) == (made["floating_ip_address"], fixed)
    second = {"floating_network_id": joined["public"]["id"], "port_id": port["id"]}
    assert api("POST", "/v2.0/floatingips", {"floatingip": second}).error[0] == "FloatingIPPortAlreadyAssociated"
    router = f"/v2.0/routers/{joined['router']['id']}"
    subnet = {"subnet_id": joined["subnet"]["id"]}
    assert api("PUT", f"{router}/remove_router_interface", subnet).error[0] == "RouterInterfaceInUseByFloatingIP"
    gone = {"router": {"external_gateway_info": {}}}
    assert api("PUT", router, gone).error[0] == "RouterExternalGatewayInUseByFloatingIp"
    loose = api("PUT", path, {"floatingip": {"port_id": None}}).body["floatingip"]
    assert (loose["port_id"], loose["router_id"], loose["status"]) == (None, None, "DOWN")
    api.settle()
    assert api.hosts["one"].routers()[0].floating_ips == ()
    assert api("DELETE", path).status == 204 and api("GET", path).status == 404
    assert api("PUT", router, gone).body["router"]["external_gateway_info"] is None


def test_a_deleted_port_lets_its_floating_ip_go(api: Any, joined: dict[str, Any]) -> None:
    port = api.make("port", network_id=joined["network"]["id"])
    made = api.make("floatingip", floating_network_id=joined["public"]["id"], port_id=port["id"])
    assert api("DELETE", f"/v2.0/ports/{port['id']}").status == 204
    left = api("GET", f"/v2.0/floatingips/{made['id']}").body["floatingip"]
    assert left["port_id"] is None and left["floating_ip_address"] == made["floating_ip_address"]


def test_where_a_floating_ip_cannot_come_from_or_lead(api: Any, joined: dict[str, Any]) -> None:
    inside, _ = api.network("10.6.0.0/24")
    wanted = {"floating_network_id": inside["id"]}
    assert api("POST", "/v2.0/floatingips", {"floatingip": wanted}).error[0] == "BadRequest"
    unreached = api.make("port", network_id=inside["id"])
    wanted = {"floating_network_id": joined["public"]["id"], "port_id": unreached["id"]}
    answer = api("POST", "/v2.0/floatingips", {"floatingip": wanted})
    assert (answer.status, answer.error[0]) == (404, "ExternalGatewayForFloatingIPNotFound")
    chosen = {"floating_network_id": joined["public"]["id"], "floating_ip_address": "203.0.113.200"}
    assert api("POST", "/v2.0/floatingips", {"floatingip": chosen}).status == 403
    assert api("POST", "/v2.0/floatingips", {"floatingip": chosen}, "admin").status == 201


def test_routers_and_floating_ips_are_their_projects(api: Any, joined: dict[str, Any]) -> None:
    floating = api.make("floatingip", floating_network_id=joined["public"]["id"])
    for path, name in (
        (f"routers/{joined['router']['id']}", "router"),
        (f"floatingips/{floating['id']}", "floatingip"),
    ):
        for verb, body in (("GET", None), ("PUT", {name: {"description": "x"}}), ("DELETE", None)):
            assert api(verb, f"/v2.0/{path}", body, "other").status == 404
        assert api("DELETE", f"/v2.0/{path}", token="reader").status == 403
    snat = {"external_gateway_info": {"network_id": joined["public"]["id"], "enable_snat": False}}
    path = f"/v2.0/routers/{joined['router']['id']}"
    assert api("PUT", path, {"router": snat}).status == 403
    assert api("PUT", path, {"router": snat}, "admin").body["router"]["external_gateway_info"]["enable_snat"] is False


def test_idle_floating_ips_go_with_their_network(api: Any) -> None:
    public = api.public()
    made = api.make("floatingip", floating_network_id=public["id"])
    assert api("DELETE", f"/v2.0/networks/{public['id']}", token="admin").status == 204
    assert api("GET", f"/v2.0/floatingips/{made['id']}").status == 404
    assert api("GET", "/v2.0/quotas/blue/details", token="admin").body["quota"]["floatingip"]["used"] == 0


def test_a_floating_ip_in_use_keeps_its_network(api: Any, joined: dict[str, Any]) -> None:
    port = api.make("port", network_id=joined["network"]["id"])
    api.make("floatingip", floating_network_id=joined["public"]["id"], port_id=port["id"])
    answer = api("DELETE", f"/v2.0/networks/{joined['public']['id']}", token="admin")
    assert answer.error[0] == "NetworkInUse"


def test_taking_it_all_apart_leaves_nothing(api: Any, joined: dict[str, Any]) -> None:
    path = f"/v2.0/routers/{joined['router']['id']}"
    assert api("DELETE", path).error[0] == "RouterInUse"
    subnet = {"subnet_id": joined["subnet"]["id"]}
    assert api("PUT", f"{path}/remove_router_interface", subnet).status == 200
    assert api("PUT", f"{path}/remove_router_interface", subnet).error[0] == "RouterInterfaceNotFoundForSubnet"
    assert api("DELETE", path).status == 204
    assert api("DELETE", f"/v2.0/networks/{joined['network']['id']}").status == 204
    api.settle()
    assert api.hosts["one"].present() == []
    used = api("GET", "/v2.0/quotas/blue/details", token="admin").body["quota"]
    assert {name: each["used"] for name, each in used.items() if each["used"]} == {}


def test_what_was_made_before_any_host_waits_for_one(api: Any) -> None:
    public = api.public()
    network, subnet = api.network()
    router = api.make("router", external_gateway_info={"network_id": public["id"]})
    api("PUT", f"/v2.0/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    api.host("one")
    assert sorted(api.hosts["one"].present()) == sorted(
        [f"network/{network['id']}", f"network/{public['id']}", f"router/{router['id']}"]
    )
    agents = api("GET", "/v2.0/agents", token="admin").body["agents"]
    assert {(agent["host"], agent["alive"]) for agent in agents} == {("one", True)} and len(agents) == 3
    assert api("GET", "/v2.0/agents").body["agents"] == []
    assert api("GET", f"/v2.0/agents/{agents[0]['id']}").status == 404
    zones = api("GET", "/v2.0/availability_zones").body["availability_zones"]
    assert {(zone["name"], zone["resource"]) for zone in zones} == {("nova", "network"), ("nova", "router")}


def test_lists_of_routers_and_floating_ips_cost_the_same_however_long(api: Any, joined: dict[str, Any]) -> None:
    def cost(path: str) -> int:
        before = api.db.statistics.statements
        assert api("GET", f"/v2.0/{path}").status == 200
        return int(api.db.statistics.statements - before)

    def fill() -> None:
        api.make("router", external_gateway_info={"network_id": joined["public"]["id"]})
        port = api.make("port", network_id=joined["network"]["id"])
        api.make("floatingip", floating_network_id=joined["public"]["id"], port_id=port["id"])

    fill()
    first = [cost("routers"), cost("floatingips")]
    fill()
    fill()
    assert [cost("routers"), cost("floatingips")] == first
