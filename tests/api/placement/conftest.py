"""The placement API in front of a database, asked through its WSGI application."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon.testing
import pytest

from cupola.base.clock import ManualClock
from cupola.base.context import Caller, Context
from cupola.base.db.transaction import Database
from cupola.base.db.types import metadata
from cupola.base.errors import Unauthenticated
from cupola.base.ids import SeededIds
from cupola.base.ledger import record_change
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, System
from cupola.placement.service import SERVICE
from cupola.testing import brokers
from cupola.testing.databases import url_for

CALLERS = {
    "admin": Caller("admin-id", "admin", project_id="cloud", roles=("admin", "manager", "member", "reader")),
    "service": Caller("nova-id", "nova", project_id="service", roles=("service",)),
    "member": Caller("alice-id", "alice", project_id="blue", roles=("member", "reader")),
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
    headers: Any

    @property
    def code(self) -> str:
        return str(self.body["errors"][0]["code"])


class PlacementApi:
    """Asks as one of the callers at a microversion."""

    def __init__(self, path: Path) -> None:
        clock, wakeups = ManualClock(), Wakeups()
        self.db = Database(url_for(path), clock, durable=False, before_commit=record_change)
        metadata.create_all(self.db.engine)
        questions = HostQuestions(
            lambda ctx, host, image, start: iter(()), lambda ctx, network, address, path: (404, b"")
        )
        bus = brokers.bus_for(wakeups)
        system = System(
            [SERVICE], self.db, clock, SeededIds(1), bus, wakeups, _authenticate, "http://cloud/identity", questions
        )
        self._client = falcon.testing.TestClient(system.app)

    def __call__(
        self, method: str, path: str, body: Any = None, *, at: str | None = "1.39", token: str = "admin", **more: Any
    ) -> Answer:
        headers = {"X-Auth-Token": token} | ({"OpenStack-API-Version": f"placement {at}"} if at else {})
        if "raw" in more:
            more["body"] = more.pop("raw")
        elif body is not None:
            more["json"] = body
        result = self._client.simulate_request(
            method,
            f"/placement{path.partition('?')[0]}",
            query_string=path.partition("?")[2],
            headers=headers | more.pop("headers", {}),
            **more,
        )
        return Answer(result.status_code, result.json if result.content else None, result.headers)

    def provider(self, name: str, parent: str | None = None, **inventories: Any) -> str:
        """Make a provider with inventories, each a total or a body; returns its id."""
        made = self("POST", "/resource_providers", {"name": name, "parent_provider_uuid": parent}).body
        if inventories:
            bodies = {kind: {"total": one} if isinstance(one, int) else one for kind, one in inventories.items()}
            wanted = {"resource_provider_generation": 0, "inventories": bodies}
            answer = self("PUT", f"/resource_providers/{made['uuid']}/inventories", wanted)
            assert answer.status == 200, answer.body
        return str(made["uuid"])

    def has(self, provider: str, traits: tuple[str, ...] = (), aggregates: tuple[str, ...] = ()) -> None:
        """Give a provider traits and aggregates."""
        path = f"/resource_providers/{provider}"
        generation = self("GET", path).body["generation"]
        body = {"traits": list(traits), "resource_provider_generation": generation}
        generation = self("PUT", f"{path}/traits", body).body["resource_provider_generation"]
        body = {"aggregates": list(aggregates), "resource_provider_generation": generation}
        assert self("PUT", f"{path}/aggregates", body).status == 200

    def allocate(self, amounts: dict[str, dict[str, int]], consumer: str | None = None, **changes: Any) -> Answer:
        """Let a consumer (a new one) hold something."""
        body = {
            "allocations": {provider: {"resources": some} for provider, some in amounts.items()},
            "project_id": "blue",
            "user_id": "alice-id",
            "consumer_generation": None,
            "consumer_type": "INSTANCE",
        }
        return self("PUT", f"/allocations/{consumer or uuid.uuid4()}", body | changes)

    def ways(self, query: str, at: str = "1.39") -> list[dict[str, dict[str, int]]]:
        """The allocation candidates for a query: provider id → resource class → amount."""
        answer = self("GET", f"/allocation_candidates?{query}", at=at)
        assert answer.status == 200, answer.body
        return [
            {who: one["resources"] for who, one in found["allocations"].items()}
            for found in answer.body["allocation_requests"]
        ]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PlacementApi]:
    made = PlacementApi(tmp_path)
    yield made
    made.db.close()
