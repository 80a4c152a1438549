"""A network on many hosts: of what changes within a moment they are told together, and all end up knowing all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cupola.base.operations import outbox
from cupola.testing.cloud import TestCloud

NUMBER = 10
"""of hosts, and of servers"""


def _made(answer: Any) -> Any:
    assert answer.status in (200, 201, 202), answer.json
    return next(iter(answer.json.values()))


def _messages(directory: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many tell hosts of a network, while servers are made in it, and are sent for them to know all."""
    directory.mkdir()
    cloud = TestCloud(directory, [f"h{number}" for number in range(1, NUMBER + 1)])
    told: list[str] = []
    publish = cloud.bus.publish

    def count(message: Any) -> None:
        told.extend([message.topic] if message.subject.startswith("network/") and message.type == "converge" else [])
        publish(message)

    monkeypatch.setattr(cloud.bus, "publish", count)
    me = cloud.member("p")
    network = _made(me.post("/network/v2.0/networks", {"network": {"name": "n"}}))["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.1.0.0/24"}
    _made(me.post("/network/v2.0/subnets", {"subnet": subnet}))
    image = me.get("/image/v2/images").json["images"][0]["id"]
    wanted = {"imageRef": image, "flavorRef": "1", "networks": [{"uuid": network}]}
    for number in range(NUMBER):
        _made(me.post("/compute/v2.1/servers", {"server": {**wanted, "name": f"s{number}"}}))
    cloud.settle()
    assert sum(network in host.memory.documents("network") for host in cloud.hosts.values()) >= NUMBER - 1
    cloud.assert_sound()
    cloud.database.close()
    return len(told)


def test_many_hosts_are_told_together_and_know_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "FEW", NUMBER)
    at_once = _messages(tmp_path / "at-once", monkeypatch)
    monkeypatch.setattr(outbox, "FEW", 2)
    together = _messages(tmp_path / "together", monkeypatch)
    assert NUMBER - 1 <= together < at_once
