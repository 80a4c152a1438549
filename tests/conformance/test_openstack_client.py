"""The stock `openstack` command does to a cloud what its users do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import Openstack

SERVICES = {"identity", "image", "placement", "compute", "network"}


def named(rows: list[dict[str, Any]]) -> set[str]:
    return {row["Name"] for row in rows}


@pytest.fixture(scope="module")
def network(stock: Openstack) -> Iterator[str]:
    """A network with a subnet."""
    stock.run("network create tour-net")
    stock.run("subnet create tour-subnet --network tour-net --subnet-range 10.77.0.0/24")
    yield "tour-net"
    stock.run("network delete tour-net")


def test_identity(stock: Openstack) -> None:
    assert stock.json("token issue")["project_id"]
    assert {row["Type"] for row in stock.json("catalog list")} >= SERVICES

    project = stock.json("project create tour --description One --tag blue", admin=True)
    user = stock.json("user create tourist --project tour --password sunny-2-day --email t@example.org", admin=True)
    assert user["default_project_id"] == project["id"]
    stock.run("role create guide", admin=True)
    stock.run("role add --project tour --user tourist guide", admin=True)
    (given,) = stock.json("role assignment list --project tour --names", admin=True)
    assert (given["Role"], given["User"], given["Project"]) == ("guide", "tourist@Default", "tour@Default")
    stock.run("role remove --project tour --user tourist guide", admin=True)

    stock.run("project set tour --description Two", admin=True)
    assert stock.json("project show tour", admin=True)["description"] == "Two"
    stock.run("user set tourist --disable", admin=True)
    assert stock.json("user show tourist", admin=True)["enabled"] is False
    assert "tour" in named(stock.json("project list", admin=True))
    assert "tourist" in named(stock.json("user list", admin=True))
    assert {"admin", "member", "reader", "guide"} <= named(stock.json("role list", admin=True))
    assert "You are not authorized" in stock.refused("user list")

    stock.run("group create guides", admin=True)
    stock.run("group add user guides tourist", admin=True)
    assert "tourist in group guides" in stock.run("group contains user guides tourist", admin=True)
    for thing in ("group delete guides", "role delete guide", "user delete tourist", "project delete tour"):
        stock.run(thing, admin=True)


def test_catalog_and_domains(stock: Openstack) -> None:
    assert {row["Type"] for row in stock.json("service list", admin=True)} >= SERVICES
    assert {row["Interface"] for row in stock.json("endpoint list", admin=True)} >= {"public", "internal"}
    assert stock.json("region show RegionOne", admin=True)["region"] == "RegionOne"
    stock.run("domain create moon", admin=True)
    stock.run("domain set moon --disable", admin=True)
    stock.run("domain delete moon", admin=True)
    assert stock.json("versions show")


def test_images(stock: Openstack, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(bytes(range(256)) * 64)
    made = stock.json(f"image create tour-image --disk-format raw --file {source} --property os_distro=debian")
    assert (made["status"], made["size"]) == ("active", 16384)
    assert "tour-image" in named(stock.json("image list --shared"))
    stock.run("image set tour-image --min-disk 1 --tag sunny --property os_version=12")
    shown = stock.json("image show tour-image")
    assert (shown["min_disk"], shown["tags"], shown["properties"]["os_version"]) == (1, ["sunny"], "12")
    stock.run(f"image save tour-image --file {copy}")
    assert copy.read_bytes() == source.read_bytes()
    stock.run("image unset tour-image --tag sunny --property os_version")
    stock.run("image delete tour-image")
    assert "No Image found" in stock.refused("image show tour-image")


def test_flavors_and_limits(stock: Openstack) -> None:
    assert "m1.tiny" in named(stock.json("flavor list"))
    stock.run("flavor create tour-flavor --ram 64 --disk 1 --vcpus 1 --private", admin=True)
    stock.run("flavor set tour-flavor --property own:x=y --project demo", admin=True)
    assert stock.json("flavor show tour-flavor")["properties"]["own:x"] == "y"
    stock.run("flavor delete tour-flavor", admin=True)
    limits = {row["Name"]: row["Value"] for row in stock.json("limits show --absolute")}
    assert (limits["instances"], limits["total_cores"]) == (10, 20)
    stock.run("quota set demo --instances 12 --ports 60", admin=True)
    quota = {row["Resource"]: row["Limit"] for row in stock.json("quota show demo", admin=True)}
    assert (quota["instances"], quota["ports"]) == (12, 60)
    stock.run("quota delete demo", admin=True)


def test_key_pairs(stock: Openstack, tmp_path: Path) -> None:
    private, public = tmp_path / "key", tmp_path / "key.pub"
    stock.run(f"keypair create tour-made --private-key {private}")
    assert "PRIVATE KEY" in private.read_text()
    public.write_text(stock.run("keypair show tour-made --public-key"))
    stock.run(f"keypair create tour-brought --public-key {public}")
    prints = {row["Name"]: row["Fingerprint"] for row in stock.json("keypair list")}
    assert prints["tour-made"] == prints["tour-brought"]
    stock.run("keypair delete tour-made tour-brought")


def test_hosts(stock: Openstack) -> None:
    (host,) = stock.json("hypervisor list", admin=True)
    assert host["State"] == "up"
    assert stock.json(f"hypervisor show {host['Hypervisor Hostname']}", admin=True)["status"] == "enabled"
    assert "nova-compute" in {row["Binary"] for row in stock.json("compute service list", admin=True)}
    assert {row["Zone Name"] for row in stock.json("availability zone list --compute")} == {"nova"}
    stock.run("aggregate create tour-aggregate --zone tour-zone", admin=True)
    stock.run(f"aggregate add host tour-aggregate {host['Hypervisor Hostname']}", admin=True)
    assert "tour-zone" in {row["Zone Name"] for row in stock.json("availability zone list --compute")}
    stock.run(f"aggregate remove host tour-aggregate {host['Hypervisor Hostname']}", admin=True)
    stock.run("aggregate delete tour-aggregate", admin=True)


def test_networks(stock: Openstack) -> None:
    assert {"router", "security-group"} <= {row["Alias"] for row in stock.json("extension list --network")}
    assert stock.json("network agent list", admin=True)
    stock.run("network create tour-other")
    stock.run("network set tour-other --description One --tag blue")
    assert stock.json("network show tour-other")["tags"] == ["blue"]
    assert "tour-other" in named(stock.json("network list"))
    stock.run("subnet create tour-six --network tour-other --subnet-range 10.78.0.0/24 --dns-nameserver 192.0.2.53")
    stock.run("subnet set tour-six --name tour-seven --no-dhcp")
    assert stock.json("subnet show tour-seven")["enable_dhcp"] is False
    stock.run("port create tour-port --network tour-other --fixed-ip subnet=tour-seven,ip-address=10.78.0.9")
    assert stock.json("port show tour-port")["fixed_ips"][0]["ip_address"] == "10.78.0.9"
    stock.run("port set tour-port --name tour-mine --no-security-group --disable-port-security")
    assert "tour-mine" in named(stock.json("port list --network tour-other"))
    stock.run("port delete tour-mine")
    stock.run("subnet delete tour-seven")
    stock.run("network delete tour-other")


def test_security_groups(stock: Openstack) -> None:
    stock.run("security group create tour-group --description One")
    rule = stock.json("security group rule create tour-group --protocol tcp --dst-port 22:23 --remote-ip 192.0.2.0/24")
    assert (rule["port_range_min"], rule["port_range_max"]) == (22, 23)
    assert rule["id"] in {row["ID"] for row in stock.json("security group rule list tour-group")}
    stock.run(f"security group rule delete {rule['id']}")
    stock.run("security group set tour-group --name tour-groups")
    assert "tour-groups" in named(stock.json("security group list"))
    stock.run("security group delete tour-groups")


def test_routers_and_floating_ips(stock: Openstack, network: str) -> None:
    stock.run("router create tour-router --external-gateway public")
    stock.run("router add subnet tour-router tour-subnet")
    assert stock.json("router show tour-router")["interfaces_info"][0]["ip_address"] == "10.77.0.1"
    port = stock.json(f"port create tour-port --network {network}")
    address = stock.json("floating ip create public")["floating_ip_address"]
    stock.run(f"floating ip set {address} --port tour-port")
    (listed,) = stock.json(f"floating ip list --port {port['id']}")
    assert listed["Floating IP Address"] == address
    stock.run(f"floating ip unset {address} --port")
    stock.run(f"floating ip delete {address}")
    stock.run("port delete tour-port")
    stock.run("router remove subnet tour-router tour-subnet")
    stock.run("router unset tour-router --external-gateway")
    stock.run("router delete tour-router")


def test_a_servers_life(stock: Openstack, network: str) -> None:
    made = stock.json(f"server create tour-server --image guest --flavor m1.tiny --network {network} --wait")
    assert made["status"] == "ACTIVE"
    assert "tour-server" in named(stock.json("server list"))
    stock.run("server set tour-server --property role=web --description One --tag blue")
    assert stock.json("server show tour-server")["properties"] == {"role": "web"}
    stock.run("server unset tour-server --property role --tag blue")
    stock.run("server reboot tour-server --wait")
    stock.run("server stop tour-server")
    stock.until("server show tour-server", "status", "SHUTOFF")
    stock.run("server start tour-server")
    stock.until("server show tour-server", "status", "ACTIVE")
    stock.run("server lock tour-server --reason busy")
    assert "locked" in stock.refused("server stop tour-server")
    stock.run("server unlock tour-server")
    stock.run("server add security group tour-server default")
    assert "no guests" in stock.refused("console log show tour-server")
    assert {row["Action"] for row in stock.json("server event list tour-server")} >= {"create", "reboot", "stop"}
    stock.run("server delete tour-server --wait")
    assert "No Server found" in stock.refused("server show tour-server")


def test_a_servers_addresses(stock: Openstack, network: str) -> None:
    stock.run("router create tour-way --external-gateway public")
    stock.run("router add subnet tour-way tour-subnet")
    stock.run("port create tour-nic --network tour-net")
    stock.run("server create tour-homed --image guest --flavor m1.tiny --port tour-nic --wait")
    stock.run(f"server add network tour-homed {network}")
    port = stock.json("port create tour-second --network tour-net")["id"]
    stock.until("port show tour-second", "status", "DOWN")
    address = stock.json("floating ip create public")["floating_ip_address"]
    stock.run(f"server add floating ip tour-homed {address}")
    assert address in str(stock.json("server show tour-homed")["addresses"])
    stock.run(f"server remove floating ip tour-homed {address}")
    stock.run("server delete tour-homed --wait")
    stock.run(f"port delete tour-nic {port}")
    stock.run(f"floating ip delete {address}")
    stock.run("router remove subnet tour-way tour-subnet")
    stock.run("router delete tour-way")
