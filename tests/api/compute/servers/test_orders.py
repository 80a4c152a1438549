"""What may be asked of a new server, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

NOWHERE = "99999999-9999-4999-8999-999999999999"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": None}, "'name' is a required property"),
        ({"networks": None}, "'networks' is a required property"),
        ({"name": 5}, "Invalid input for field/attribute name. Value: 5."),
        ({"flavorRef": "absent"}, "Flavor absent could not be found."),
        ({"imageRef": NOWHERE}, "Can not find requested image"),
        ({"imageRef": "not-a-uuid"}, "Invalid input for field/attribute imageRef."),
        ({"imageRef": None}, "Missing imageRef attribute"),
        ({"networks": [{"port": NOWHERE}]}, "could not be found."),
        ({"key_name": "absent"}, "Invalid key_name provided."),
        ({"colour": "red"}, "'colour' was unexpected"),
        ({"user_data": "abc"}, "'abc' is not a 'base64'"),
        ({"availability_zone": "moon"}, "The requested availability zone is not available"),
        ({"security_groups": [{"name": "nope"}]}, "Unable to find security_group"),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
        ({"block_device_mapping_v2": [{"source_type": "volume", "uuid": NOWHERE}]}, "Block Device Mapping is Invalid"),
        ({"trusted_image_certificates": ["a"]}, "not supported"),
        ({"hostname": "bad name"}, "Invalid input for field/attribute hostname."),
    ],
)
def test_what_cannot_be_had_is_refused(cloud: Any, change: dict[str, Any], said: str) -> None:
    answer = cloud.member().post("/servers", cloud.wanted(**change))
    assert answer.status == 400
    assert said in answer.json["badRequest"]["message"]


def test_an_image_disk_may_be_described_as_a_device(cloud: Any) -> None:
    image = cloud.wanted()["server"]["imageRef"]
    device = {"source_type": "image", "destination_type": "local", "boot_index": 0, "uuid": image}
    server_id = cloud.active(imageRef=None, block_device_mapping_v2=[device])
    assert cloud.member().server(server_id)["image"]["id"] == image


def test_several_servers_are_made_at_once_and_numbered(cloud: Any) -> None:
    member = cloud.member()
    answer = member.post("/servers", cloud.wanted(min_count=2, max_count=3, return_reservation_id=True))
    assert answer.json["reservation_id"].startswith("r-")
    cloud.settle()
    found = member.get("/servers/detail").json["servers"]
    assert sorted(server["name"] for server in found) == ["one-1", "one-2", "one-3"]
    assert {server["status"] for server in found} == {"ACTIVE"}


def test_quota_bounds_how_many_and_says_so(cloud: Any) -> None:
    member = cloud.member()
    assert member.post("/servers", cloud.wanted(min_count=9, max_count=20)).status == 202
    cloud.settle()
    assert len(member.get("/servers").json["servers"]) == 10

    refused = member.post("/servers", cloud.wanted())

    assert refused.status == 403
    assert refused.json["forbidden"]["message"] == (
        "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"
    )


def test_a_host_can_be_named_by_an_administrator_only(new_cloud: Any) -> None:
    cloud = new_cloud(["h1", "h2"])
    assert cloud.member().post("/servers", cloud.wanted(availability_zone="nova:h2")).status == 403
    network = cloud.network("cloud", "10.8.0.0/24")
    for way in ({"availability_zone": "nova:h2"}, {"host": "h2"}):
        wanted = cloud.wanted(networks=[{"uuid": network}], **way)
        answer = cloud.admin().post("/servers", wanted)
        assert answer.status == 202, answer.json
        cloud.settle()
        shown = cloud.admin().server(answer.json["server"]["id"])
        assert shown["OS-EXT-SRV-ATTR:host"] == "h2"


def test_readers_make_no_servers(cloud: Any) -> None:
    assert cloud.someone("reader").post("/servers", cloud.wanted(networks="none")).status == 403


def test_what_the_host_is_told(cloud: Any) -> None:
    server_id = cloud.boot(config_drive=True, user_data="aGVsbG8=", metadata={"role": "db"}, adminPass="pw")
    cloud.simulator.stop("host.h1")
    cloud.run_for(1)

    document = cloud.system.control.documents("h1", [f"server/{server_id}"])[f"server/{server_id}"]

    machine = document["machine"]
    assert document["requires"] == [f"network/{cloud.network_id}"]
    assert (machine["vcpus"], machine["memory_mb"], machine["power"]) == (1, 128, "running")
    [nic] = machine["nics"]
    assert nic["tap"] == f"tap{nic['port_id'][:11]}"
    assert set(machine["config_drive"]) >= {
        "openstack/latest/meta_data.json",
        "openstack/latest/user_data",
        "openstack/latest/network_data.json",
        "openstack/latest/vendor_data.json",
        "ec2/latest/meta-data.json",
    }
