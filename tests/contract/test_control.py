"""What an agent may rely on, whether the control plane is in its process or behind an API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cupola.base.errors import NotFound
from cupola.base.hosts.control import Control
from cupola.base.hosts.credentials import issue
from cupola.base.hosts.registry import all_hosts
from cupola.base.hosts.remote import RemoteControl
from cupola.base.http.server import Server
from cupola.testing.cloud import TestCloud

ABSENT = "77777777-7777-4777-8777-777777777777"


@pytest.fixture
def cloud(tmp_path: Path) -> TestCloud:
    """Two hosts, and a server on each of them; of different images."""
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    member = cloud.member()
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    for name in ("one", "two"):
        image = {"name": name, "disk_format": "raw", "container_format": "bare"}
        image_id = member.post("/image/v2/images", image).json["id"]
        headers = {"Content-Type": "application/octet-stream"}
        content = name.encode() * 512
        assert member.call("PUT", f"/image/v2/images/{image_id}/file", headers=headers, content=content).status == 204
        server = {"name": name, "imageRef": image_id, "flavorRef": "1", "networks": [{"uuid": network}]}
        answer = member.post("/compute/v2.1/servers", {"server": server})
        assert answer.status == 202, answer.content
        cloud.settle()
    return cloud


@pytest.fixture(params=["local", "remote"])
def control(request: pytest.FixtureRequest, cloud: TestCloud) -> Iterator[Control]:
    """As host h1 has it."""
    if request.param == "local":
        yield cloud.system.control
        return
    server = Server(cloud.system.app, "127.0.0.1", 0)
    credential = issue(cloud.ctx, "h1")
    try:
        yield RemoteControl([f"http://127.0.0.1:{server.start()}"], lambda: credential)
    finally:
        server.stop()


def of_host(cloud: TestCloud, host: str) -> dict[str, str]:
    """The servers that are on a host, by id, with their images."""
    servers = cloud.admin().get("/compute/v2.1/servers/detail?all_tenants=1").json["servers"]
    return {s["id"]: s["image"]["id"] for s in servers if s["OS-EXT-SRV-ATTR:host"] == host}


def test_everything_that_is_to_be_on_a_host_is_named_and_described(cloud: TestCloud, control: Control) -> None:
    subjects = control.subjects("h1")
    servers = {f"server/{id_}" for id_ in of_host(cloud, "h1")}
    assert servers and servers <= set(subjects)
    assert any(subject.startswith("network/") for subject in subjects)
    documents = control.documents("h1", subjects)
    assert set(documents) == set(subjects) and None not in documents.values()


def test_what_is_on_another_host_is_gone_from_this_one_and_what_nobody_knows_is_left_out(
    cloud: TestCloud, control: Control
) -> None:
    other = f"server/{next(iter(of_host(cloud, 'h2')))}"
    assert control.documents("h1", [other, f"server/{ABSENT}", f"kite/{ABSENT}"]) == {other: None}


def test_more_is_asked_for_than_one_request_holds(control: Control) -> None:
    assert control.documents("h1", [f"server/{number}" for number in range(2000)]) == {}


def test_a_hello_brings_facts_and_the_time_of_the_start(cloud: TestCloud, control: Control) -> None:
    started_at = cloud.clock.now() + timedelta(microseconds=7)
    control.hello("h1", {"boat": {"of": "wood", "large": [1, {"mast": None}]}}, started_at)
    host = next(host for host in cloud.ctx.read("look", all_hosts) if host.name == "h1")
    assert host.facts == {"boat": {"of": "wood", "large": [1, {"mast": None}]}}
    assert host.started_at == started_at


def test_the_image_of_a_server_comes_whole_or_from_a_byte_on(cloud: TestCloud, control: Control) -> None:
    image_id = next(iter(of_host(cloud, "h1").values()))
    whole = b"".join(control.image("h1", image_id))
    assert len(whole) == 1536
    assert b"".join(control.image("h1", image_id, 1500)) == whole[1500:]
    assert b"".join(control.image("h1", image_id, 1536)) == b""


def test_an_image_of_which_no_server_of_the_host_is_made_is_not_given(cloud: TestCloud, control: Control) -> None:
    elsewhere = set(of_host(cloud, "h2").values()) - set(of_host(cloud, "h1").values())
    for image_id in (*elsewhere, ABSENT):
        with pytest.raises(NotFound):
            next(control.image("h1", image_id))


def test_a_server_is_told_of_itself_in_its_network(cloud: TestCloud, control: Control) -> None:
    server_id = next(iter(of_host(cloud, "h1")))
    port = cloud.admin().get(f"/network/v2.0/ports?device_id={server_id}").json["ports"][0]
    subject, address = f"network/{port['network_id']}", port["fixed_ips"][0]["ip_address"]
    status, body = control.metadata("h1", subject, address, "/latest/meta-data/instance-id")
    assert status == 200 and body
    assert control.metadata("h1", subject, "10.0.0.250", "/openstack/latest/meta_data.json")[0] == 404


def test_a_network_that_is_not_on_the_host_tells_nothing(cloud: TestCloud, control: Control) -> None:
    made = cloud.member().post("/network/v2.0/networks", {"network": {"name": "elsewhere"}})
    with pytest.raises(NotFound):
        control.metadata("h1", f"network/{made.json['network']['id']}", "10.0.0.5", "/")
