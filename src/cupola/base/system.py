"""Puts the parts of a cloud together: services, database, bus, conductor, agent, application.

The same assembly serves the running program (`cupola.wiring`), tests and the simulator; they differ in clock, ids, bus
and in who calls the components.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

from cupola.base.bus.protocol import Bus
from cupola.base.clock import Clock
from cupola.base.context import Cloud
from cupola.base.db.transaction import Database
from cupola.base.errors import ConfigurationError
from cupola.base.events import record as events
from cupola.base.events.sender import Connect, Sender
from cupola.base.events.settings import NotificationSettings
from cupola.base.hosts.agent import Agent, Room
from cupola.base.hosts.api import RULES as HOST_RULES
from cupola.base.hosts.api import service as hosts_service
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Control, LocalControl, Metadata, OpenImage
from cupola.base.http.application import Wsgi, application
from cupola.base.http.dispatch import Authenticate
from cupola.base.ids import Ids
from cupola.base.ledger.dead_letters import DeadLetters
from cupola.base.operations import Engine, Outbox
from cupola.base.operations.conductor import POLL, Recorder, Runner
from cupola.base.operations.engine import FaultHook
from cupola.base.operations.relay import Relay
from cupola.base.policy import CheckSource, Enforcer, base_rules
from cupola.base.runtime import Component, Wakeups
from cupola.base.service import Service
from cupola.base.upkeep import Upkeep


@dataclass(frozen=True)
class HostQuestions:
    """What agents ask that is not a document: image bytes and metadata."""

    image: OpenImage
    metadata: Metadata


@dataclass(frozen=True)
class Notifications:
    """That listeners are told what begins and ends: where, and how a broker is reached."""

    settings: NotificationSettings
    connect: Connect


class System:
    """A cloud put together: `cloud` for contexts, `app` for requests, makers of components for a runtime."""

    def __init__(
        self,
        services: Sequence[Service],
        database: Database,
        clock: Clock,
        ids: Ids,
        bus: Bus,
        wakeups: Wakeups,
        authenticate: Authenticate,
        identity_url: str,
        questions: HostQuestions,
        overrides: Mapping[str, CheckSource] | None = None,
        owner: str = "conductor",
        fault: FaultHook | None = None,
        wait: Callable[[float], None] | None = None,
        notifications: Notifications | None = None,
    ) -> None:
        outbox = Outbox(bus, clock, wakeups.notify)
        operations = [operation for service in services for operation in service.operations]
        engine = Engine(operations, outbox, wakeups, owner, fault or (lambda operation, step, phase: None))
        rules = [*base_rules(), *HOST_RULES, *(rule for service in services for rule in service.policies)]
        self.bus = bus
        self.wakeups = wakeups
        self.cloud = Cloud(database, clock, ids, Enforcer(rules, overrides), engine, wait or clock.pause)
        control = LocalControl(
            self.cloud,
            {kind: source for service in services for kind, source in service.wanted.items()},
            questions.image,
            questions.metadata,
            [listener for service in services for listener in service.on_hello],
        )
        self.control: Control = control
        self.services = (*services, hosts_service(control))
        self.upkeep = Upkeep(self.cloud, tuple(loop for service in services for loop in service.upkeep))
        self._authenticate, self._identity_url = authenticate, identity_url
        self._observers = {kind: observe for service in services for kind, observe in service.observers.items()}
        self._outbox = outbox
        self._notifications = notifications
        if notifications is not None:
            tells = {operation: tell for service in services for operation, tell in service.tells.items()}
            engine.noted = events.Recorder(tells, partial(wakeups.notify, events.SENDER))

    @cached_property
    def app(self) -> Wsgi:
        """All services, each under its root."""
        return application(self.cloud, [s.api for s in self.services], self._authenticate, self._identity_url)

    def alone(self, name: str) -> Wsgi:
        """One service at the top of a port of its own. Raises ConfigurationError when there is none of that name."""
        apis = {service.name: service.api for service in self.services}
        if name not in apis:
            raise ConfigurationError(f"There is no service {name!r}; there are: {', '.join(apis)}.")
        return application(self.cloud, [apis[name]], self._authenticate, self._identity_url, alone=True)

    def conductor(self, poll: timedelta = POLL, sealed: bool = False) -> dict[str, Callable[[], Component]]:
        """Makers of the conductor's components, by name. Each call makes a new one that knows nothing.

        `poll` is how long work waits at most whose wake-up was lost; `sealed`: whether hosts must prove who they are.
        """
        cloud, engine, told = self.cloud, self.cloud.operations, self._notifications
        sender = {} if told is None else {Sender.name: lambda: Sender(cloud, told.settings, told.connect)}
        return {
            Runner.name: lambda: Runner(cloud, engine, poll),
            Recorder.name: lambda: Recorder(cloud, self.bus, engine, self._observers, sealed),
            Relay.name: lambda: Relay(cloud, self.bus, self._outbox),
            Upkeep.name: lambda: self.upkeep,
            DeadLetters.name: lambda: DeadLetters(cloud, self.bus),
            **sender,
        }

    def agent(
        self,
        host: str,
        rooms: Sequence[Room],
        commands: CommandStore,
        checkpoint: Callable[[str], None] = lambda name: None,
    ) -> Agent:
        """The agent of a host in this process."""
        return Agent(host, self.bus, self.control, rooms, commands, self.cloud.clock, checkpoint)
