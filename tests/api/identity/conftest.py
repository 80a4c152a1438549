"""A cloud of identity alone, behind its WSGI application, on a database in a file and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
from cryptography.fernet import Fernet

from cupola.base import ledger
from cupola.base.auth.fernet_keys import FixedKeys
from cupola.base.clock import ManualClock
from cupola.base.context import Context, system_context
from cupola.base.db.transaction import Database
from cupola.base.db.types import metadata
from cupola.base.ids import RandomIds
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, System
from cupola.identity import interface
from cupola.identity.interface import Identity
from cupola.identity.service import service
from cupola.identity.settings import IdentitySettings
from cupola.testing import brokers
from cupola.testing.databases import url_for

SETTINGS = IdentitySettings(password_memory=8, password_passes=1)
Answer = falcon.testing.Result


class IdentityCloud:
    """The cloud and a client of it."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self.identity = Identity(SETTINGS, FixedKeys([Fernet.generate_key()]))
        self.database = Database(url, self.clock, durable=False, before_commit=ledger.record_change)
        metadata.create_all(self.database.engine)
        wakeups = Wakeups()
        self.system = System(
            [service(self.identity)],
            self.database,
            self.clock,
            RandomIds(),
            brokers.bus_for(wakeups),
            wakeups,
            partial(interface.authenticate, self.identity),
            "http://cloud/identity",
            HostQuestions(lambda ctx, host, image, start: iter(()), lambda ctx, host, network, path: (404, b"")),
        )
        self.client = falcon.testing.TestClient(self.system.app)
        self.bootstrap("http://cloud")
        self.clock.advance(1)

    def bootstrap(self, public_url: str) -> None:
        root = public_url.rstrip("/")
        interface.bootstrap(self.identity, self.context(), "secret", "demo-secret", lambda service: f"{root}/{service}")

    def context(self) -> Context:
        return system_context(self.system.cloud, "req-00000000-0000-4000-8000-000000000000")

    def call(self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["X-Auth-Token"] = token
        return self.client.simulate_request(method, f"/identity{path}", json=body, headers=named)

    def issue(self, user: str, password: str, scope: Any = None, query: str = "") -> Answer:
        named = {"name": user, "domain": {"id": "default"}, "password": password}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": named}}}
        if scope is not None:
            auth["scope"] = scope
        return self.call("POST", f"/v3/auth/tokens{query}", body={"auth": auth})

    def token(self, user: str = "admin", password: str | None = None, project: str | None = None) -> str:
        """A token for the project of the user's own name, or another."""
        known = {"admin": "secret", "demo": "demo-secret"}
        scope = {"project": {"name": project or user, "domain": {"id": "default"}}}
        answer = self.issue(user, password or known[user], scope)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def make(self, kind: str, plural: str = "", token: str | None = None, **attributes: Any) -> dict[str, Any]:
        answer = self.call("POST", f"/v3/{plural or kind + 's'}", token or self.token(), {kind: attributes})
        assert answer.status_code == 201, answer.text
        return answer.json[kind]

    def find(self, plural: str, name: str) -> dict[str, Any]:
        [found] = self.call("GET", f"/v3/{plural}?name={name}", self.token()).json[plural]
        return found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[IdentityCloud]:
    made = IdentityCloud(url_for(tmp_path))
    yield made
    made.database.close()


@pytest.fixture
def cloud_on_each(database_url: str) -> Iterator[IdentityCloud]:
    """The same on each database."""
    made = IdentityCloud(database_url)
    yield made
    made.database.close()
