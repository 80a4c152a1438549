"""CPU milliseconds and SQL statements of one request to each main resource, in one process and without a socket."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Answer

ROUNDS = 30


@dataclass(frozen=True)
class Cost:
    """What one request costs: median CPU time, and statements."""

    what: str
    cpu_ms: float
    statements: int


def costs() -> list[Cost]:
    """Measure each request `ROUNDS` times."""
    with tempfile.TemporaryDirectory(prefix="cupola-bench-") as scratch:
        cloud = TestCloud(Path(scratch))
        member, admin = cloud.member(), cloud.admin()
        image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
        network = member.post("/network/v2.0/networks", {"network": {"name": "bench"}}).json["network"]["id"]
        subnet = {"subnet": {"network_id": network, "cidr": "10.9.0.0/16", "ip_version": 4}}
        assert member.post("/network/v2.0/subnets", subnet).status == 201
        numbers = iter(range(10**6))
        flavor = member.get("/compute/v2.1/flavors").json["flavors"][0]["id"]

        def server() -> Answer:
            wanted = {"name": "x", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
            answer = member.post("/compute/v2.1/servers", {"server": wanted})
            cloud.settle()
            admin.delete(f"/compute/v2.1/servers/{answer.json['server']['id']}")
            cloud.settle()
            return answer

        auth = {"identity": {"methods": ["token"], "token": {"id": member.token}}}
        requests: list[tuple[str, Callable[[], Answer]]] = [
            ("POST /identity/v3/auth/tokens", lambda: member.post("/identity/v3/auth/tokens", {"auth": auth})),
            ("GET /identity/v3/projects", lambda: admin.get("/identity/v3/projects")),
            ("GET /image/v2/images", lambda: member.get("/image/v2/images")),
            (
                "POST /image/v2/images",
                lambda: member.post(
                    "/image/v2/images", {"name": "b", "disk_format": "raw", "container_format": "bare"}
                ),
            ),
            ("GET /placement/resource_providers", lambda: admin.get("/placement/resource_providers")),
            ("GET /network/v2.0/networks", lambda: member.get("/network/v2.0/networks")),
            ("GET /network/v2.0/ports", lambda: member.get("/network/v2.0/ports")),
            (
                "POST /network/v2.0/ports",
                lambda: member.post(
                    "/network/v2.0/ports", {"port": {"network_id": network, "name": str(next(numbers))}}
                ),
            ),
            ("GET /compute/v2.1/flavors/detail", lambda: member.get("/compute/v2.1/flavors/detail")),
            ("GET /compute/v2.1/servers/detail", lambda: member.get("/compute/v2.1/servers/detail")),
            ("create and delete of a server, all components", server),
        ]
        return [_cost(cloud, what, call) for what, call in requests]


def _cost(cloud: TestCloud, what: str, call: Callable[[], Answer]) -> Cost:
    call()
    before = cloud.database.statistics.statements
    answer = call()
    assert answer.status < 300, (what, answer.status, answer.content)
    statements = cloud.database.statistics.statements - before
    taken = []
    for _ in range(ROUNDS if "server, all" not in what else 5):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return Cost(what, sorted(taken)[len(taken) // 2] * 1000, statements)
