"""The network API in front of a database, asked through its WSGI application, with simulated hosts behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon.testing
import pytest

from cupola.base.clock import ManualClock
from cupola.base.context import Caller, Context, system_context
from cupola.base.db.transaction import Database
from cupola.base.db.types import metadata
from cupola.base.errors import Unauthenticated
from cupola.base.hosts.agent import Agent
from cupola.base.hosts.commands import CommandStore
from cupola.base.ids import SeededIds
from cupola.base.ledger import record_change
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, System
from cupola.network.host.drivers.simulated import SimulatedNetwork
from cupola.network.host.generations import Generations
from cupola.network.host.reconcile import NetworkHost
from cupola.network.host.room import NetworkRoom
from cupola.network.host.settings import HostNetwork
from cupola.network.service import service
from cupola.network.settings import NetworkSettings
from cupola.network.upkeep.accounts import quota_matches
from cupola.testing import brokers
from cupola.testing.databases import url_for
from cupola.testing.invariants import Witness

CALLERS = {
    "admin": Caller("admin-id", "admin", project_id="cloud", roles=("admin", "manager", "member", "reader")),
    "member": Caller("alice-id", "alice", project_id="blue", roles=("member", "reader")),
    "reader": Caller("bob-id", "bob", project_id="blue", roles=("reader",)),
    "other": Caller("eve-id", "eve", project_id="red", roles=("member", "reader")),
}


def _authenticate(_ctx: Context, token: str) -> Caller:
    if token not in CALLERS:
        raise Unauthenticated("The request you have made requires authentication.")
    return CALLERS[token]


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any

    @property
    def error(self) -> tuple[str, str]:
        """Type and message of an error."""
        fault = self.body["NeutronError"]
        return fault["type"], fault["message"]


class NetworkApi:
    """Asks as one of the callers; lets hosts come in and do what they are told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.clock = ManualClock()
        self.db = Database(url_for(path), self.clock, durable=False, before_commit=record_change)
        metadata.create_all(self.db.engine)
        wakeups = Wakeups()
        self.system = System(
            [service(NetworkSettings())],
            self.db,
            self.clock,
            SeededIds(1),
            brokers.bus_for(wakeups),
            wakeups,
            _authenticate,
            "http://cloud/identity",
            HostQuestions(lambda ctx, host, image, start: iter(()), lambda ctx, network, address, path: (404, b"")),
        )
        self.system.control = self.witness = Witness(self.system.control)
        self.agents: dict[str, Agent] = {}
        self.hosts: dict[str, NetworkHost] = {}
        self._recorder = self.system.conductor()["reports"]()
        self._client = falcon.testing.TestClient(self.system.app)

    @property
    def ctx(self) -> Context:
        return system_context(self.system.cloud, "req-test")

    def host(self, name: str) -> None:
        """A host joins the cloud."""
        settings = HostNetwork(f"{len(self.hosts):04x}", name, self._path / name)
        host = NetworkHost(SimulatedNetwork(settings), Generations(self._path / name / "generations.db"))
        self.hosts[name] = host
        room = NetworkRoom(host, lambda kind, id_, there: None)
        self.agents[name] = self.system.agent(name, [room], CommandStore(":memory:"))
        self.settle()

    def settle(self) -> None:
        """Hosts do what they were told, and their reports are recorded, until nothing is left."""
        self.clock.advance(1)
        for _ in range(10):
            for agent in self.agents.values():
                agent.step(self.clock.now())
            self._recorder.step(self.clock.now())

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = "member", raw: Any = None
    ) -> Answer:
        result = self._client.simulate_request(
            method,
            f"/network{path.partition('?')[0]}",
            query_string=path.partition("?")[2],
            headers={"X-Auth-Token": token} if token else {},
            **({"json": body} if raw is None else {"body": raw}),
        )
        if method != "GET":
            for host in self.agents:
                self.witness.look(host)
        return Answer(result.status_code, result.json if result.content else None)

    def make(self, kind: str, token: str = "member", /, **values: Any) -> dict[str, Any]:
        """Make one thing; returns what is shown of it."""
        collection = {"security_group": "security-groups", "security_group_rule": "security-group-rules"}
        path = collection.get(kind, f"{kind}s")
        answer = self("POST", f"/v2.0/{path}", {kind: values}, token)
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.body[kind]
        return made

    def network(self, cidr: str = "10.0.0.0/24", **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A network with a subnet."""
        network = self.make("network", name="net", **values)
        return network, self.make("subnet", network_id=network["id"], ip_version=4, cidr=cidr)

    def public(self) -> dict[str, Any]:
        """An external network with a subnet."""
        network = self.make("network", "admin", name="public", **{"router:external": True})
        values = {"ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": False}
        self.make("subnet", "admin", network_id=network["id"], **values)
        return network


@pytest.fixture
def api(tmp_path: Path) -> Iterator[NetworkApi]:
    made = NetworkApi(tmp_path)
    yield made
    assert made.witness.missed == []
    assert made.ctx.read("doctor", lambda tx: list(quota_matches(tx))) == [], (
        "quota counts what there is, after any test"
    )
    made.db.close()
