"""What a guest reads of itself."""

from __future__ import annotations

import json
from typing import Any

from cupola.compute import interface as compute


def test_a_guest_reads_openstack_and_ec2_metadata(cloud: Any) -> None:
    server_id = cloud.active(name="web 1", metadata={"role": "db"}, user_data="aGVsbG8=")

    def read(path: str) -> tuple[int, bytes]:
        return compute.metadata(cloud.ctx, server_id, path)

    facts = json.loads(read("/openstack/latest/meta_data.json")[1])
    assert (facts["uuid"], facts["name"], facts["hostname"]) == (server_id, "web 1", "web-1")
    assert facts["meta"] == {"role": "db"}
    assert "admin_pass" not in facts
    assert read("/openstack/latest/user_data") == (200, b"hello")
    assert read("/openstack/2018-08-27/user_data") == (200, b"hello")
    assert b"latest" in read("/openstack")[1]
    assert read("/openstack/latest/")[1].splitlines()[0] == b"meta_data.json"
    wiring = json.loads(read("/openstack/latest/network_data.json")[1])
    assert wiring["networks"][0]["type"] == "ipv4_dhcp"
    assert wiring["links"][0]["mtu"] == 1450
    assert read("/latest/meta-data/hostname") == (200, b"web-1")
    assert read("/2009-04-04/meta-data/local-ipv4")[1].startswith(b"10.0.0.")
    assert b"placement/" in read("/latest/meta-data/")[1].splitlines()
    assert read("/latest/user-data") == (200, b"hello")
    assert read("/openstack/latest/nothing")[0] == 404
    assert compute.metadata(cloud.ctx, "nobody", "/openstack")[0] == 404
