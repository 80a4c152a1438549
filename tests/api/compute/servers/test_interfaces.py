"""Ports attached to servers and taken away."""

from __future__ import annotations

from typing import Any

from cupola.network import interface as network


def test_a_network_is_attached_to_a_running_server_and_detached(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    second = cloud.network(cidr="10.1.0.0/24", name="second")

    answer = member.post(f"/servers/{server_id}/os-interface", {"interfaceAttachment": {"net_id": second, "tag": "x"}})
    assert answer.status == 200, answer.json
    port = answer.json["interfaceAttachment"]
    assert (port["net_id"], port["port_state"], port["tag"]) == (second, "DOWN", "x")
    cloud.settle()

    shown = member.get(f"/servers/{server_id}/os-interface/{port['port_id']}").json["interfaceAttachment"]
    assert shown["port_state"] == "ACTIVE"
    assert set(member.server(server_id)["addresses"]) == {"net", "second"}
    assert cloud.hypervisors["h1"].observe()[server_id].nics[1] == port["port_id"]

    assert member.delete(f"/servers/{server_id}/os-interface/{port['port_id']}").status == 202
    cloud.settle()

    assert member.get(f"/servers/{server_id}/os-interface/{port['port_id']}").status == 404
    assert set(member.server(server_id)["addresses"]) == {"net"}
    assert len(cloud.hypervisors["h1"].observe()[server_id].nics) == 1


def test_a_server_may_have_no_ports_and_one_is_added_by_network_of_the_project(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active(networks="none")
    assert member.get(f"/servers/{server_id}/os-interface").json == {"interfaceAttachments": []}

    assert member.post(f"/servers/{server_id}/os-interface", {"interfaceAttachment": {}}).status == 200
    cloud.settle()

    [port] = member.get(f"/servers/{server_id}/os-interface").json["interfaceAttachments"]
    assert port["net_id"] == cloud.network_id
    ips = member.get(f"/servers/{server_id}/ips").json["addresses"]["net"]
    assert ips == [{"version": 4, "addr": port["fixed_ips"][0]["ip_address"]}]
    assert member.get(f"/servers/{server_id}/ips/net").json == {"net": ips}
    assert member.get(f"/servers/{server_id}/ips/other").status == 404


def test_an_unknown_network_or_port_is_a_bad_request_and_nothing_is_made(cloud: Any) -> None:
    member = cloud.member()
    nowhere = "99999999-9999-4999-8999-999999999999"

    refused = member.post("/servers", cloud.wanted(networks=[{"uuid": nowhere}]))

    assert refused.status == 400
    assert refused.json["badRequest"]["message"] == f"Network {nowhere} could not be found."
    assert member.get("/servers").json == {"servers": []}
    server_id = cloud.active()
    path = f"/servers/{server_id}/os-interface"
    assert member.post(path, {"interfaceAttachment": {"port_id": nowhere}}).status == 404
    assert member.delete(f"{path}/{nowhere}").status == 404


def test_several_networks_and_no_choice_is_a_conflict(cloud: Any) -> None:
    cloud.network(cidr="10.1.0.0/24", name="second")

    assert cloud.member().post("/servers", cloud.wanted(networks="auto")).status == 409
    assert cloud.member("2.1").post("/servers", cloud.wanted(networks=None)).status == 409


def test_a_port_that_is_deleted_behind_its_servers_back_is_taken_out(cloud: Any) -> None:
    server_id = cloud.active()
    [port] = cloud.member().get(f"/servers/{server_id}/os-interface").json["interfaceAttachments"]
    ctx = cloud.ctx
    ctx.transact("test", lambda tx: network.delete_port_in(tx, ctx, server_id, port["port_id"]))

    cloud.run_for(70)

    assert cloud.hypervisors["h1"].observe()[server_id].nics == ()
    assert cloud.member().server(server_id)["addresses"] == {}


def test_a_new_name_reaches_the_host_at_once(cloud: Any) -> None:
    server_id = cloud.active()
    before = cloud.hypervisors["h1"].observe()[server_id]

    cloud.member().put(f"/servers/{server_id}", {"server": {"name": "new"}})
    cloud.settle()

    after = cloud.hypervisors["h1"].observe()[server_id]
    assert (after.generation, after.pid) == (before.generation + 1, before.pid)
