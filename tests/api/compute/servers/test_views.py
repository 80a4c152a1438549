"""What a server looks like at each microversion, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

FIRST = {
    "accessIPv4", "accessIPv6", "addresses", "created", "flavor", "hostId", "id", "image", "links", "metadata", "name",
    "status", "tenant_id", "user_id", "updated", "OS-DCF:diskConfig", "progress", "OS-EXT-AZ:availability_zone",
    "config_drive", "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
    "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached",
}  # fmt: skip
ADDED = {
    "2.9": {"locked"},
    "2.19": {"description"},
    "2.26": {"tags"},
    "2.63": {"trusted_image_certificates"},
    "2.71": {"server_groups"},
    "2.73": {"locked_reason"},
    "2.90": {"OS-EXT-SRV-ATTR:hostname"},
    "2.96": {"pinned_availability_zone"},
}


def test_each_microversion_adds_its_fields(cloud: Any) -> None:
    server_id = cloud.active()
    expected = set(FIRST)
    assert set(cloud.member("2.1").server(server_id)) == expected
    for version, fields in ADDED.items():
        minor = int(version.partition(".")[2])
        assert set(cloud.member(f"2.{minor - 1}").server(server_id)) == expected, version
        expected |= fields
        assert set(cloud.member(version).server(server_id)) == expected, version


def test_an_administrator_sees_the_host(cloud: Any) -> None:
    server_id = cloud.active()
    shown = cloud.admin().server(server_id)
    assert shown["OS-EXT-SRV-ATTR:host"] == "h1"
    assert shown["OS-EXT-SRV-ATTR:hypervisor_hostname"] == "h1"
    assert shown["host_status"] == "UP"
    assert len(shown["hostId"]) == 56
    assert "OS-EXT-SRV-ATTR:hostname" not in cloud.admin("2.2").server(server_id)
    assert "OS-EXT-SRV-ATTR:hostname" in cloud.admin("2.3").server(server_id)
    assert "host_status" not in cloud.admin("2.15").server(server_id)


def test_the_flavor_is_a_link_and_from_2_47_on_a_copy(cloud: Any) -> None:
    server_id = cloud.active()
    assert cloud.member("2.46").server(server_id)["flavor"] == {
        "id": "1",
        "links": [{"rel": "bookmark", "href": "http://falconframework.org/compute/flavors/1"}],
    }
    copy = cloud.member("2.47").server(server_id)["flavor"]
    assert copy["original_name"] == "m1.tiny"
    assert set(copy) == {"vcpus", "ram", "disk", "ephemeral", "swap", "original_name", "extra_specs"}


def test_a_change_answers_little_before_2_75_and_everything_after(cloud: Any) -> None:
    server_id = cloud.active()
    old = cloud.member("2.1").put(f"/servers/{server_id}", {"server": {"name": "new"}}).json["server"]
    assert old["name"] == "new"
    assert set(old) == {
        "accessIPv4", "accessIPv6", "addresses", "created", "flavor", "hostId", "id", "image", "links", "metadata",
        "name", "status", "tenant_id", "user_id", "updated", "OS-DCF:diskConfig", "progress",
    }  # fmt: skip
    assert set(old["addresses"]["net"][0]) == {"version", "addr"}
    new = cloud.member().put(f"/servers/{server_id}", {"server": {"description": "d", "hostname": "h.example"}})
    assert set(new.json["server"]) == FIRST | set().union(*ADDED.values())
    assert new.json["server"]["description"] == "d"
    assert new.json["server"]["OS-EXT-SRV-ATTR:hostname"] == "h.example"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"name": ""}, 400), ({"colour": "red"}, 400), ({"name": " x "}, 400), ({"accessIPv4": "1.2.3.4"}, 200)],
)
def test_changes_are_checked(cloud: Any, change: dict[str, Any], status: int) -> None:
    assert cloud.member().put(f"/servers/{cloud.active()}", {"server": change}).status == status


def test_addresses_are_shown_in_their_shortest_form(cloud: Any) -> None:
    server_id = cloud.active(accessIPv6="0000:0000:0000:0000:0000:babe:220.12.22.2")
    assert cloud.member().get(f"/servers/{server_id}").json["server"]["accessIPv6"] == "::babe:dc0c:1602"
    new = cloud.member().put(f"/servers/{server_id}", {"server": {"accessIPv6": "2001:0DB8::0001"}})
    assert new.json["server"]["accessIPv6"] == "2001:db8::1"


def test_others_get_to_know_nothing(cloud: Any) -> None:
    server_id = cloud.active()
    assert cloud.someone("other").get(f"/servers/{server_id}").status == 404
    assert cloud.someone("reader").get(f"/servers/{server_id}").status == 200
    assert cloud.someone("reader").put(f"/servers/{server_id}", {"server": {"name": "x"}}).status == 403
    missing = cloud.member().get("/servers/not-a-uuid")
    assert missing.json["itemNotFound"] == {"code": 404, "message": "Instance not-a-uuid could not be found."}


def test_paths_may_name_the_callers_own_project(cloud: Any) -> None:
    assert cloud.member().get("/blue/servers").json == {"servers": []}
    assert cloud.member().get("/red/servers").status == 404
    own = "b" * 8 + "-0000-4000-8000-" + "b" * 12
    assert cloud.member().get(f"/{own}/servers").status == 400
