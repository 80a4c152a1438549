"""A network service on a database of its own, with hosts that say hello and messages that stay in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base.bus.memory import MemoryBus
from cupola.base.clock import Clock, ManualClock, SystemClock
from cupola.base.context import Caller, Cloud, Context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.hosts.registry import heard
from cupola.base.ids import RandomIds
from cupola.base.operations import Engine, Outbox
from cupola.base.operations.tables import outbox
from cupola.base.policy import Enforcer, base_rules
from cupola.base.runtime import Wakeups
from cupola.network.logic import networks, subnets
from cupola.network.logic.placing import on_hello
from cupola.network.model.network import Network
from cupola.network.model.subnet import Subnet
from cupola.network.policies import RULES

MEMBER = Caller("alice", "alice", project_id="blue", roles=("member", "reader"))


class Service:
    """Bodies of the network service, each in a transaction of its own."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.db = Database(url, self.clock, durable=False)
        metadata.create_all(self.db.engine)
        ids = RandomIds()
        wakeups = Wakeups()
        engine = Engine((), Outbox(MemoryBus(wakeups), self.clock), wakeups, "test")
        self.cloud = Cloud(self.db, self.clock, ids, Enforcer([*base_rules(), *RULES]), engine, clock.pause)
        self.ctx = Context(self.cloud, MEMBER, "req-1")

    def do(self, body: Any, *arguments: Any, **named: Any) -> Any:
        """Run `body(tx, ctx, …)`."""
        return self.ctx.transact("test", lambda tx: body(tx, self.ctx, *arguments, **named))

    def see(self, body: Any, *arguments: Any, **named: Any) -> Any:
        """Run `body(tx, …)`."""
        return self.ctx.read("test", lambda tx: body(tx, *arguments, **named))

    def host(self, name: str, **facts: Any) -> None:
        """A host with network says hello."""

        def hello(tx: Transaction) -> None:
            if heard(tx, name, {"network": facts}, self.clock.now()):
                on_hello(tx, self.ctx, name, {"network": facts})

        self.ctx.transact("hello", hello)

    def network(self, cidr: str = "10.0.0.0/24", project_id: str = "blue", **values: Any) -> tuple[Network, Subnet]:
        """A network with one subnet."""

        def make(tx: Transaction, ctx: Context) -> tuple[Network, Subnet]:
            network = networks.add_in(tx, ctx, project_id, {"name": "net", **values})
            subnet = subnets.add_in(tx, ctx, network, project_id, {"ip_version": 4, "cidr": cidr})
            return network, subnet

        made: tuple[Network, Subnet] = self.do(make)
        return made

    def messages(self) -> list[tuple[str, str]]:
        """(host, subject) of all messages queued since the last look."""
        found = self.see(lambda tx: [(row["topic"], row["subject"]) for row in tx.all(select(outbox))])
        self.ctx.transact("clear", lambda tx: tx.execute(outbox.delete()))
        return sorted((topic.removeprefix("host."), subject) for topic, subject in found)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(f"sqlite:///{tmp_path}/cloud.db", ManualClock())
    yield made
    made.db.close()


@pytest.fixture
def any_service(database_url: str) -> Iterator[Service]:
    """The same on each kind of database, with the real clock."""
    made = Service(database_url, SystemClock())
    yield made
    made.db.close()
