"""Real servers on QEMU: what a user of the stock client sees, and what the guest itself sees."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from typing import Any

import pytest

from cupola.cli.client import wait_for
from cupola.testing.real import RealCloud

pytestmark = [pytest.mark.root, pytest.mark.guest]


def test_the_stock_client_boots_a_server_and_reaches_it_by_its_floating_ip(cloud: RealCloud) -> None:
    cloud.openstack("security", "group", "create", "ssh")
    cloud.openstack("security", "group", "rule", "create", "--proto", "tcp", "--dst-port", "22", "ssh")
    boot = ["server", "create", "--image", "guest", "--flavor", "m1.tiny", "--network", "private", "--key-name", "test"]
    server = json.loads(cloud.openstack(*boot, "--security-group", "ssh", "--wait", "-f", "json", "second"))
    assert server["status"] == "ACTIVE"
    address = cloud.openstack("floating", "ip", "create", "public", "-f", "value", "-c", "floating_ip_address")
    cloud.openstack("server", "add", "floating", "ip", "second", address)

    way = cloud.way(server["id"])
    assert way.address == address
    assert cloud.login(server["id"], "hostname").strip() == "second"
    plain = [*cloud.way(server["id"]).command(("true",))]
    plain = plain[plain.index("ssh") :]
    assert subprocess.run(plain, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    cloud.openstack("server", "remove", "floating", "ip", "second", address)
    assert subprocess.run(plain, stdin=subprocess.DEVNULL, capture_output=True).returncode == 255
    cloud.openstack("floating", "ip", "delete", address)
    cloud.openstack("server", "delete", "--wait", "second")
    cloud.openstack("security", "group", "delete", "ssh")


def test_a_server_gets_metadata_and_user_data_from_the_service(cloud: RealCloud) -> None:
    script = "#!/bin/sh\necho told-by-user-data > /tmp/told\n"
    server = cloud.boot("meta", user_data=b64encode(script.encode()).decode(), metadata={"colour": "blue"})
    cloud.until(server, "ACTIVE")
    url = "http://169.254.169.254/openstack/latest/meta_data.json"
    seen: dict[str, Any] = json.loads(cloud.login(server, f"wget -q -O - {url}"))
    assert (seen["uuid"], seen["hostname"].partition(".")[0]) == (server, "meta")
    assert seen["meta"] == {"colour": "blue"}
    wait_for("user data did not run", 60, lambda: cloud.login(server, "cat /tmp/told 2>/dev/null || true") or None)


def test_a_server_with_a_config_drive_reads_it(cloud: RealCloud) -> None:
    server = cloud.boot("drive", config_drive=True)
    cloud.until(server, "ACTIVE")
    cloud.login(server)
    console = cloud.demo.post("compute", f"/servers/{server}/action", {"os-getConsoleOutput": {}})["output"]
    assert "metadata from config drive" in console


def test_a_server_stops_starts_and_reboots(cloud: RealCloud) -> None:
    server = cloud.boot("power")
    cloud.until(server, "ACTIVE")
    cloud.login(server, "touch /root/kept && sync")
    cloud.demo.post("compute", f"/servers/{server}/action", {"os-stop": None})
    cloud.until(server, "SHUTOFF")
    cloud.demo.post("compute", f"/servers/{server}/action", {"os-start": None})
    cloud.until(server, "ACTIVE")
    cloud.login(server, "ls /root/kept")
    for kind in ("SOFT", "HARD"):
        before = boot_id(cloud, server)
        cloud.demo.post("compute", f"/servers/{server}/action", {"reboot": {"type": kind}})
        cloud.until(server, "ACTIVE")
        wait_for(f"no {kind} reboot", 120, lambda old=before: True if boot_id(cloud, server) != old else None)


def boot_id(cloud: RealCloud, server: str) -> str:
    """Another one after each boot of the guest."""
    return cloud.login(server, "cat /proc/sys/kernel/random/boot_id")


def test_a_security_group_keeps_others_out(cloud: RealCloud) -> None:
    group = cloud.demo.post("network", "/v2.0/security-groups", {"security_group": {"name": "closed"}})
    server = cloud.boot("closed", security_groups=[{"name": "closed"}])
    shown = cloud.until(server, "ACTIVE")
    address = next(iter(shown["addresses"].values()))[0]["addr"]
    way = cloud.way(server)
    assert way.namespace is not None

    def reached(port: int) -> bool:
        probe = ["ip", "netns", "exec", way.namespace or "", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}"]
        return subprocess.run(["timeout", "3", *probe], capture_output=True).returncode == 0

    wait_for("the guest did not boot", 90, lambda: _console_has(cloud, server, "sshd started"), every=1)
    assert not reached(22)
    rule = {
        "security_group_id": group["security_group"]["id"],
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
    }
    cloud.demo.post("network", "/v2.0/security-group-rules", {"security_group_rule": rule})
    wait_for("the rule did not open the port", 30, lambda: True if reached(22) else None)
    cloud.delete(server)
    cloud.demo.call("DELETE", "network", f"/v2.0/security-groups/{group['security_group']['id']}")


def _console_has(cloud: RealCloud, server: str, text: str) -> bool | None:
    output = cloud.demo.post("compute", f"/servers/{server}/action", {"os-getConsoleOutput": {}})["output"]
    return True if text in output else None


def test_an_interface_is_attached_and_detached_while_the_server_runs(cloud: RealCloud) -> None:
    server = cloud.boot("nics")
    cloud.until(server, "ACTIVE")
    cloud.login(server)
    network = cloud.demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]
    wanted = {"interfaceAttachment": {"net_id": network}}
    port = cloud.demo.post("compute", f"/servers/{server}/os-interface", wanted)["interfaceAttachment"]["port_id"]
    count = "ls /sys/class/net | grep -c eth"
    wait_for("no second NIC", 60, lambda: True if cloud.login(server, count).strip() == "2" else None)
    cloud.demo.call("DELETE", "compute", f"/servers/{server}/os-interface/{port}")
    wait_for("the NIC stayed", 60, lambda: True if cloud.login(server, count).strip() == "1" else None)


def test_a_guest_that_shuts_itself_down_is_shown_as_it_is(cloud: RealCloud) -> None:
    server = cloud.boot("off")
    cloud.until(server, "ACTIVE")
    cloud.login(server, "poweroff")
    cloud.until(server, "SHUTOFF", within=30)


def test_openstacksdk_lists_what_is_there(cloud: RealCloud) -> None:
    server = cloud.boot("sdk")
    sdk = cloud.sdk()
    found = sdk.compute.wait_for_server(sdk.compute.get_server(server), wait=120)
    assert found.status == "ACTIVE"
    assert [image.name for image in sdk.image.images()] == ["guest"]
    assert {network.name for network in sdk.network.networks()} >= {"private", "public"}
    assert sdk.compute.get_server_console_output(server)["output"] is not None
    assert "create" in {action.action for action in sdk.compute.server_actions(server)}
    sdk.compute.delete_server(server)
    sdk.compute.wait_for_delete(found, wait=60)
