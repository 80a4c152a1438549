"""Notifications, as oslo.messaging's own listener reads them off a real broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg
from sqlalchemy import select

from cupola.base.events.tables import notifications
from cupola.testing.cloud import TestCloud
from cupola.testing.servers import free_port
from cupola.testing.servers.rabbitmq import RabbitServer

WITHIN = 60


class Listener:
    """What a consumer of nova's versioned notifications hears."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
        self._changed = threading.Condition()
        conf = cfg.ConfigOpts()
        conf([])
        transport = oslo_messaging.get_notification_transport(conf, url=url.replace("amqp:", "rabbit:"))
        targets = [oslo_messaging.Target(topic="versioned_notifications", exchange="nova")]
        self._listener = oslo_messaging.get_notification_listener(transport, targets, [self], executor="threading")
        self._listener.start()

    def info(
        self, ctxt: dict[str, Any], publisher_id: str, event_type: str, payload: dict[str, Any], metadata: Any
    ) -> None:
        with self._changed:
            self.heard.append((event_type, publisher_id, payload, ctxt))
            self._changed.notify_all()

    error = info

    def wait(self, count: int) -> list[str]:
        """The first so many event types."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.heard) >= count, WITHIN)
        return [event_type for event_type, *_ in self.heard]

    def stop(self) -> None:
        self._listener.stop()
        self._listener.wait()


@pytest.fixture
def listener(rabbitmq: RabbitServer) -> Iterator[Listener]:
    rabbitmq.ctl("add_user", "listener", "listener")  # oslo.messaging cannot have "/" in a password
    rabbitmq.ctl("set_permissions", "listener", ".*", ".*", ".*")
    listener = Listener(f"amqp://listener:listener@127.0.0.1:{rabbitmq.port}/")
    yield listener
    listener.stop()
    rabbitmq.ctl("delete_user", "listener")


def boot(cloud: TestCloud) -> str:
    member = cloud.member()
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    wanted = {"name": "one", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    assert answer.status == 202, answer.content
    cloud.settle()
    return str(answer.json["server"]["id"])


def test_a_listener_hears_what_begins_and_ends(tmp_path: Path, rabbitmq: RabbitServer, listener: Listener) -> None:
    cloud = TestCloud(tmp_path, transport_url=rabbitmq.url)
    server = boot(cloud)
    member = cloud.member()
    member.post(f"/compute/v2.1/servers/{server}/action", {"os-stop": None})
    cloud.settle()
    member.delete(f"/compute/v2.1/servers/{server}")
    cloud.settle()
    cloud.run_for(1)
    assert listener.wait(6) == [
        "instance.create.start",
        "instance.create.end",
        "instance.power_off.start",
        "instance.power_off.end",
        "instance.delete.start",
        "instance.delete.end",
    ]
    _, publisher, payload, context = listener.heard[1]
    data = payload["nova_object.data"]
    assert (publisher, payload["nova_object.name"]) == ("nova-compute:h1", "InstanceCreatePayload")
    assert (data["uuid"], data["state"], data["power_state"]) == (server, "active", "running")
    assert data["ip_addresses"][0]["nova_object.data"]["version"] == 4
    assert data["flavor"]["nova_object.data"]["name"] == "m1.tiny"
    assert context["request_id"] == data["request_id"]
    assert cloud.ctx.read("test", lambda tx: tx.all(select(notifications))) == [], "what was confirmed is gone"


def test_nothing_waits_for_a_broker_that_is_away(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, transport_url=f"amqp://127.0.0.1:{free_port()}")
    boot(cloud)
    assert cloud.findings() == []
    waiting = cloud.ctx.read("test", lambda tx: tx.all(select(notifications).order_by(notifications.c.at)))
    assert [row["event_type"] for row in waiting] == ["instance.create.start", "instance.create.end"]
