"""Servers before a whole control plane: the application, a conductor, and hosts with simulated hypervisors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
from sqlalchemy import func, insert, select

from cupola.base.clock import ManualClock
from cupola.base.context import Caller, Context, system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.errors import Unauthenticated
from cupola.base.hosts.commands import CommandStore
from cupola.base.http.api import Api
from cupola.base.http.faults import COMPUTE_FAULTS
from cupola.base.ids import SeededIds, request_id
from cupola.base.ledger import record_change
from cupola.base.operations.tables import operations, outbox
from cupola.base.runtime import Wakeups
from cupola.base.service import Service
from cupola.base.system import HostQuestions, System
from cupola.compute import interface as compute
from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.simulated import SimulatedHypervisor
from cupola.compute.host.room import ComputeRoom
from cupola.compute.service import service
from cupola.image.model.image import Image
from cupola.image.store.tables import images
from cupola.network.logic import networks, subnets
from cupola.network.policies import RULES as NETWORK_RULES
from cupola.testing import brokers
from cupola.testing.databases import url_for
from cupola.testing.simulator import Simulator

CALLERS = {
    "admin": Caller("admin-id", "admin", project_id="cloud", roles=("admin", "manager", "member", "reader")),
    "member": Caller("alice-id", "alice", project_id="blue", roles=("member", "reader")),
    "reader": Caller("bob-id", "bob", project_id="blue", roles=("reader",)),
    "other": Caller("eve-id", "eve", project_id="red", roles=("member", "reader")),
}
IMAGE = "11111111-1111-4111-8111-111111111111"
FACTS = HypervisorFacts("simulated", "1", 64, 262144, 4096, "none", "nothing is executed", "none")


def _authenticate(_ctx: Context, token: str) -> Caller:
    if token not in CALLERS:
        raise Unauthenticated("The request you have made requires authentication.")
    return CALLERS[token]


@dataclass
class Answer:
    status: int
    json: Any
    headers: Any


class Somebody:
    """A caller, at a microversion."""

    def __init__(self, app: Any, token: str, at: str | None) -> None:
        self._client = falcon.testing.TestClient(app)
        self._headers = {"X-Auth-Token": token} | ({"OpenStack-API-Version": f"compute {at}"} if at else {})

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        target, _, query = path.partition("?")
        url = f"/compute/v2.1{target}"
        done = self._client.simulate_request(method, url, query_string=query, json=body, headers=self._headers)
        return Answer(done.status_code, done.json if done.content else None, done.headers)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def server(self, server_id: str) -> Any:
        answer = self.get(f"/servers/{server_id}")
        assert answer.status == 200, answer.json
        return answer.json["server"]

    def act(self, server_id: str, action: str, argument: Any = None) -> Answer:
        return self.post(f"/servers/{server_id}/action", {action: argument})


class ServerCloud:
    """A cloud of compute, network and placement over one database; nothing happens until `settle`."""

    def __init__(self, path: Path, hosts: Sequence[str] = ("h1",), url: str | None = None) -> None:
        self.clock = ManualClock()
        url = url or url_for(path)
        self.db = Database(url, self.clock, durable=False, before_commit=record_change)
        metadata.create_all(self.db.engine)
        wakeups = Wakeups()
        self.bus = brokers.bus_for(wakeups)
        network = Service("network", Api("network", "/network", (), COMPUTE_FAULTS), NETWORK_RULES)
        self.system = System(
            [service(), network],
            self.db,
            self.clock,
            SeededIds(1),
            self.bus,
            wakeups,
            _authenticate,
            "http://cloud/identity",
            HostQuestions(lambda ctx, host, image, start: iter(()), lambda ctx, network, address, path: (404, b"")),
            wait=lambda seconds: self.simulator.run_for(seconds),
        )
        self.hypervisors: dict[str, SimulatedHypervisor] = {}
        self.simulator = Simulator(self.system.conductor(), self.clock, wakeups, self._quiet)
        compute.bootstrap(self.ctx)
        self._image()
        for name in hosts:
            self.add_host(name)
        self.settle()
        self.network_id = self.network()

    def add_host(self, name: str, memory_mb: int = 262144) -> None:
        hypervisor = SimulatedHypervisor(facts=HypervisorFacts(**{**vars(FACTS), "memory_mb": memory_mb}))
        self.hypervisors[name] = hypervisor
        commands = CommandStore(":memory:")
        self.simulator.add(f"host.{name}", lambda: self.system.agent(name, [ComputeRoom(hypervisor)], commands))

    @property
    def ctx(self) -> Context:
        return system_context(self.system.cloud, request_id(self.system.cloud.ids))

    def member(self, at: str | None = "2.96") -> Somebody:
        return Somebody(self.system.app, "member", at)

    def someone(self, token: str, at: str | None = "2.96") -> Somebody:
        return Somebody(self.system.app, token, at)

    def admin(self, at: str | None = "2.96") -> Somebody:
        return Somebody(self.system.app, "admin", at)

    def settle(self, within: float = 3600.0) -> None:
        self.simulator.settle(within)

    def run_for(self, seconds: float) -> None:
        self.simulator.run_for(seconds)

    def _quiet(self) -> bool:
        live = select(func.count()).select_from(operations).where(operations.c.ended_at.is_(None))
        out = select(func.count()).select_from(outbox).where(outbox.c.state == "out")
        left = self.ctx.read("quiet", lambda tx: (tx.scalar(live), tx.scalar(out)))
        return left == (0, 0) and not self.bus.depth("reports")

    def network(self, project_id: str = "blue", cidr: str = "10.0.0.0/24", name: str = "net") -> str:
        def make(tx: Transaction) -> str:
            made = networks.add_in(tx, self.ctx, project_id, {"name": name})
            subnets.add_in(tx, self.ctx, made, project_id, {"ip_version": 4, "cidr": cidr})
            return made.id

        return self.ctx.transact("test.network", make)

    def _image(self) -> None:
        image = Image(
            IMAGE, "blue", self.clock.now(), self.clock.now(), "guest", "active", "public", "raw", "bare", 512, None,
            None, "sha512", "00", upload_id="u",
        )  # fmt: skip
        row = {field.name: getattr(image, field.name) for field in fields(image) if field.name in images.c}
        self.ctx.transact("test.image", lambda tx: tx.execute(insert(images).values(**row)))

    def wanted(self, **more: Any) -> dict[str, Any]:
        server = {"name": "one", "flavorRef": "1", "imageRef": IMAGE, "networks": [{"uuid": self.network_id}], **more}
        return {"server": {name: value for name, value in server.items() if value is not None}}

    def boot(self, who: Somebody | None = None, **more: Any) -> str:
        """Ask for a server; returns its id. It is BUILD until `settle`."""
        answer = (who or self.member()).post("/servers", self.wanted(**more))
        assert answer.status == 202, answer.json
        return str(answer.json["server"]["id"])

    def active(self, **more: Any) -> str:
        """A server that runs."""
        server_id = self.boot(**more)
        self.settle()
        self.clock.advance(1)
        assert self.member().server(server_id)["status"] == "ACTIVE"
        return server_id


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[ServerCloud]:
    made = ServerCloud(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def new_cloud(tmp_path: Path) -> Iterator[Any]:
    """Makes a cloud with hosts of one's choice."""
    made: list[ServerCloud] = []

    def make(hosts: Sequence[str] = (), url: str | None = None) -> ServerCloud:
        made.append(ServerCloud(tmp_path, hosts, url))
        return made[-1]

    yield make
    for one in made:
        one.db.close()
