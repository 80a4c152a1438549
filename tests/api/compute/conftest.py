"""The compute API in front of a database, asked through its WSGI application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon.testing
import pytest

from cupola.base.clock import ManualClock
from cupola.base.context import Caller, Context, system_context
from cupola.base.db.rows import add_all
from cupola.base.db.transaction import Database
from cupola.base.db.types import metadata
from cupola.base.errors import Unauthenticated
from cupola.base.ids import SeededIds
from cupola.base.ledger import record_change
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, System
from cupola.compute.service import service
from cupola.identity.model.project import Project
from cupola.identity.store.tables import projects
from cupola.testing import brokers
from cupola.testing.databases import url_for

CALLERS = {
    "admin": Caller("admin-id", "admin", project_id="cloud", roles=("admin", "manager", "member", "reader")),
    "member": Caller("alice-id", "alice", project_id="blue", roles=("member", "reader")),
    "reader": Caller("bob-id", "bob", project_id="blue", roles=("reader",)),
    "other": Caller("eve-id", "eve", project_id="red", roles=("member", "reader")),
}
FACTS = {
    "type": "QEMU",
    "version": "7.2.1",
    "vcpus": 4,
    "memory_mb": 8192,
    "disk_gb": 100,
    "accelerator": "tcg",
    "why": "no /dev/kvm",
    "limits": "cgroup",
}


def _authenticate(_ctx: Context, token: str) -> Caller:
    if token not in CALLERS:
        raise Unauthenticated("The request you have made requires authentication.")
    return CALLERS[token]


def _project(name: str) -> Project:
    return Project(name, "default", "default", name)


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any


class ComputeApi:
    """Asks as one of the callers at a microversion; and lets hosts come in."""

    facts = FACTS

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self.db = Database(url, self.clock, durable=False, before_commit=record_change)
        metadata.create_all(self.db.engine)
        wakeups = Wakeups()
        self.system = System(
            [service()],
            self.db,
            self.clock,
            SeededIds(1),
            brokers.bus_for(wakeups),
            wakeups,
            _authenticate,
            "http://cloud/identity",
            HostQuestions(lambda ctx, host, image, start: iter(()), lambda ctx, network, address, path: (404, b"")),
        )
        self.ctx.transact("test.projects", lambda tx: add_all(tx, projects, map(_project, ("cloud", "blue", "red"))))
        self._client = falcon.testing.TestClient(self.system.app)

    @property
    def ctx(self) -> Context:
        return system_context(self.system.cloud, "req-test")

    def host(self, name: str, **facts: Any) -> None:
        """A host's agent says hello."""
        self.system.control.hello(name, {"server": FACTS | facts}, self.clock.now())

    def __call__(self, method: str, path: str, body: Any = None, *, at: str = "2.96", token: str = "member") -> Answer:
        result = self._client.simulate_request(
            method,
            f"/compute/v2.1{path.partition('?')[0]}",
            query_string=path.partition("?")[2],
            json=body,
            headers={"X-Auth-Token": token, "OpenStack-API-Version": f"compute {at}"},
        )
        return Answer(result.status_code, result.json if result.content else None, result.headers)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ComputeApi]:
    made = ComputeApi(url_for(tmp_path))
    yield made
    made.db.close()


@pytest.fixture
def api_on_each(database_url: str) -> Iterator[ComputeApi]:
    made = ComputeApi(database_url)
    yield made
    made.db.close()
