"""A whole cloud in a test: the real application, database, conductor and agents, with simulated hosts and a held clock.

    cloud = TestCloud(tmp_path)
    member = cloud.member()
    member.post("/compute/v2.1/servers", {...})
    cloud.settle()

Nothing happens between a request and `settle()`, so a test sees every intermediate state.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from cupola.base import ledger
from cupola.base.clock import ManualClock
from cupola.base.context import Context, system_context
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database
from cupola.base.events.settings import NotificationSettings
from cupola.base.ids import SeededIds, request_id
from cupola.base.observe.findings import Finding
from cupola.base.operations.engine import FaultHook
from cupola.base.operations.tables import operations, outbox
from cupola.base.runtime import Component, Wakeups
from cupola.identity.settings import IdentitySettings
from cupola.image.settings import ImageSettings
from cupola.lens.doctor import examine
from cupola.network.settings import NetworkSettings
from cupola.testing import brokers, databases
from cupola.testing.hosts import SimulatedHost
from cupola.testing.http import Browser
from cupola.testing.invariants import Rows, Witness, broken
from cupola.testing.simulator import Checkpoints, FaultyBus, Simulator
from cupola.wiring.bootstrap import bootstrap
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import DatabaseSettings, MainSettings, Settings

PASSWORD = "secret"  # noqa: S105 - of a cloud that ends with the test
CHEAP = IdentitySettings(token_expiration=30 * 86400, password_memory=8, password_passes=1)


class TestCloud:
    """See the module. `hosts` are their names; the same `seed` gives the same ids, order and faults. The broker at
    `transport_url` is told what begins and ends (notifications)."""

    __test__ = False

    def __init__(
        self,
        directory: Path,
        hosts: Sequence[str] = ("h1",),
        seed: int = 0,
        url: str | None = None,
        fault: FaultHook | None = None,
        crash_at: frozenset[int] = frozenset(),
        transport_url: str = "memory://",
    ) -> None:
        self.clock = ManualClock()
        self.wakeups = Wakeups()
        self.checkpoints = Checkpoints(crash_at)
        self.bus = FaultyBus(brokers.bus_for(self.wakeups), random.Random(seed))  # noqa: S311 - repeatable by purpose
        self.settings = Settings(
            directory,
            MainSettings(transport_url, hypervisor="simulated", public_url="http://cloud.test"),
            DatabaseSettings(url or databases.url_for(directory)),
            CHEAP,
            ImageSettings(directory / "images"),
            NetworkSettings(),
            notifications=NotificationSettings(enabled=transport_url != "memory://"),
        )
        self.database = Database(
            self.settings.database_url,
            self.clock,
            durable=False,
            before_commit=ledger.record_change,
            checkpoint=self.checkpoints,
        )
        sync(self.database.engine)
        parts = Parts(
            self.database, self.clock, SeededIds(seed), self.bus, self.wakeups, fault, wait=lambda s: self.run_for(s)
        )
        self.system, people = assemble(self.settings, parts)
        self.system.control = self.witness = Witness(self.system.control)
        self.hosts = {name: SimulatedHost.make(directory, number, name) for number, name in enumerate(hosts)}
        self.simulator = Simulator(
            {
                **self.system.conductor(),
                **{f"host.{name}": self._agent(host) for name, host in self.hosts.items()},
            },
            self.clock,
            self.wakeups,
            self._quiet,
            on_crash=self._lost,
            seed=seed,
        )
        bootstrap(self.ctx, self.settings, people, PASSWORD, PASSWORD)
        self.settle()
        self._tokens: dict[tuple[str, str], str] = {}

    def _agent(self, host: SimulatedHost) -> Any:
        def make() -> Component:
            return self.system.agent(host.name, host.rooms(), host.commands, self.checkpoints)

        return make

    def _lost(self, name: str) -> None:
        """A component died: what it had taken from the bus and not acknowledged is delivered again."""
        self.bus.requeue(name)

    @property
    def ctx(self) -> Context:
        """The cloud acting by itself."""
        return system_context(self.system.cloud, request_id(self.system.cloud.ids))

    # time ---------------------------------------------------------------------------------------------------------

    def settle(self, within: float = 3600.0) -> None:
        """Go on until no operation is live and no message is on its way."""
        self.simulator.settle(within)

    def run_for(self, seconds: float) -> None:
        """Let time pass, whatever happens in it."""
        self.simulator.run_for(seconds)

    @contextlib.contextmanager
    def deadly(self, armed: bool = True) -> Iterator[None]:
        """Components die at the chosen checkpoints in the meantime."""
        self.checkpoints.armed = armed
        yield
        self.checkpoints.armed = False

    def _quiet(self) -> bool:
        live = select(func.count()).select_from(operations).where(operations.c.ended_at.is_(None))
        out = select(func.count()).select_from(outbox).where(outbox.c.state == "out")
        left = self.ctx.read("quiet", lambda tx: (tx.scalar(live), tx.scalar(out)))
        waiting = self.bus.depth("reports") + sum(self.bus.depth(f"host.{name}") for name in self.hosts)
        return left == (0, 0) and not waiting

    # people -------------------------------------------------------------------------------------------------------

    def anybody(self) -> Browser:
        """Somebody without a token."""
        return Browser(self.system.app)

    def admin(self) -> Browser:
        return self.log_in("admin", "admin")

    def member(self, project: str = "demo") -> Browser:
        """A member of a project."""
        return self.somebody(project, "member")

    def reader(self, project: str = "demo") -> Browser:
        return self.somebody(project, "reader")

    def somebody(self, project: str, role: str) -> Browser:
        """A user with one role on a project; user and project are made the first time."""
        name = f"{project}-{role}"
        if (name, project) not in self._tokens:
            admin = self.admin()
            user = {"name": name, "password": PASSWORD, "domain_id": "default"}
            user_id = admin.post("/identity/v3/users", {"user": user}).json["user"]["id"]
            role_id = admin.get(f"/identity/v3/roles?name={role}").json["roles"][0]["id"]
            granted = f"/identity/v3/projects/{self.project_id(project)}/users/{user_id}/roles/{role_id}"
            assert admin.put(granted).status == 204
        return self.log_in(name, project)

    def project_id(self, name: str) -> str:
        """The id of a project, which is made if there is none of that name."""
        admin = self.admin()
        found = admin.get(f"/identity/v3/projects?name={name}").json["projects"]
        if not found:
            made = admin.post("/identity/v3/projects", {"project": {"name": name, "domain_id": "default"}})
            found = [made.json["project"]]
        return str(found[0]["id"])

    def log_in(self, user: str, project: str) -> Browser:
        if (user, project) not in self._tokens:
            domain = {"id": "default"}
            who = {"user": {"name": user, "domain": domain, "password": PASSWORD}}
            auth = {
                "identity": {"methods": ["password"], "password": who},
                "scope": {"project": {"name": project, "domain": domain}},
            }
            answer = self.anybody().post("/identity/v3/auth/tokens", {"auth": auth})
            assert answer.status == 201, answer.content
            self._tokens[user, project] = answer.headers["x-subject-token"]
        return Browser(self.system.app, self._tokens[user, project])

    # what holds ---------------------------------------------------------------------------------------------------

    def findings(self) -> list[Finding]:
        """What doctor says: nothing, if all is well."""
        services = self.system.services
        checks = [check for service in services for check in service.checks]
        return examine(self.ctx, checks, [survey for service in services for survey in service.surveys])

    def assert_sound(self) -> None:
        """Nothing is under way, nothing is half done, and doctor finds the same."""
        rows = self.ctx.read("invariants", Rows)
        if wrong := [*broken(rows, self.hosts, self.system.control), *self.witness.missed]:
            raise AssertionError("\n".join(["the cloud is not sound:", *wrong]))
        with self.bus.reliable():
            if findings := self.findings():
                raise AssertionError("\n".join(["doctor finds:", *map(str, findings)]))

    def guests(self) -> dict[str, str]:
        """The power of every guest on every host."""
        seen = [machine for host in self.hosts.values() for machine in host.hypervisor.observe().values()]
        return {machine.server_id: machine.power for machine in seen}
