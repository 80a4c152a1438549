"""The part `agent`: one process for each host. It has a broker and the URLs of APIs, and never that of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zlib import crc32

from cupola.base.bus.message import Message, host_topic
from cupola.base.bus.protocol import Bus
from cupola.base.clock import Clock, SystemClock
from cupola.base.errors import ConfigurationError
from cupola.base.hosts.agent import Agent
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Control
from cupola.base.hosts.remote import RemoteControl
from cupola.base.http.server import Server
from cupola.base.observe.health import of_bus
from cupola.base.observe.listener import observing
from cupola.base.process import allow_many_files, only_one
from cupola.base.runtime import Component, Hang, Threads, Wakeups
from cupola.wiring.bus import bus_apart
from cupola.wiring.host import make_rooms
from cupola.wiring.settings import Settings

HANDS = 8
"""Servers of this host that are worked on at once."""


@dataclass
class HostAgent:
    """An agent over the rooms of this machine."""

    agent: Agent
    components: list[Component]
    held: contextlib.ExitStack

    def close(self) -> None:
        """Let go of the rooms, the memory of commands, and the state directory."""
        self.held.close()


def make_agent(
    settings: Settings, bus: Bus, control: Control, clock: Clock, credential: Callable[[], str] | None = None
) -> HostAgent:
    """The agent of this machine, not yet at work; `credential` is what it proves itself with to other processes.

    Raises ConfigurationError when the machine cannot be a host.
    """
    name = settings.main.host
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    (settings.state_dir / "agent").mkdir(exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as undo:
        undo.enter_context(only_one(settings.state_dir / "agent" / "lock", f"The agent of {settings.state_dir}"))
        host = make_rooms(settings, control, partial(_look, bus, host_topic(name)))
        undo.callback(host.close)
        commands = CommandStore(settings.state_dir / "agent" / "commands.db")
        undo.callback(commands.close)
        held = undo.pop_all()
    agent = Agent(name, bus, control, host.rooms, commands, clock, credential=credential)
    return HostAgent(agent, agent.parts(HANDS), held)


def _look(bus: Bus, topic: str, subject: str) -> None:
    """Have a host's agent look at a thing, as if it had been told of a change."""
    bus.publish(Message(id="", topic=topic, type="converge", subject=subject))


@dataclass
class RunningAgent:
    """The agent's threads, and what they stand on."""

    agent: HostAgent
    threads: Threads
    bus: Bus
    observer: Server | None
    exit: contextlib.ExitStack
    policy: None = None
    """Who may do what is the APIs' to say."""

    def status(self) -> str:
        agent = self.agent.agent
        return f"Waiting for the control plane: {agent.away}." if agent.away else f"Looking after host {agent.host}."

    def hanging(self) -> list[Hang]:
        """What comes no further."""
        return self.threads.hanging()

    def stop(self) -> None:
        """End what is under way. Guests and networks stay as they are, and are found again at the next start."""
        if self.observer is not None:
            self.observer.stop()
        self.threads.stop()
        self.exit.close()


def start(settings: Settings) -> RunningAgent:
    """Start this host's agent; the control plane may be away, it is asked again until it answers.

    Raises ConfigurationError naming what is in the way.
    """
    allow_many_files()
    clock, wakeups = SystemClock(), Wakeups()
    with contextlib.ExitStack() as undo:
        control = remote_control(settings)
        bus = bus_apart(settings, wakeups, "agent")
        undo.callback(bus.close)
        agent = make_agent(settings, bus, control, clock, partial(_credential, settings.credential_file))
        undo.callback(agent.close)
        away = {"control plane": lambda: "does not answer" if agent.agent.away else None}
        observer = observing(settings.observe, {**away, **of_bus(bus)})
        agent.agent.greet(clock.now())
        if agent.agent.taken:
            raise ConfigurationError(agent.agent.away or "")
        threads = Threads(clock, wakeups)
        threads.start(agent.components)
        kept = undo.pop_all()
    return RunningAgent(agent, threads, bus, observer, kept)


def remote_control(settings: Settings) -> RemoteControl:
    """The control plane of the settings, spoken to as this host. Raises ConfigurationError."""
    read = partial(_credential, settings.credential_file)
    read()
    urls = settings.control_urls
    first = crc32(settings.main.host.encode()) % len(urls) if urls else 0  # hosts spread over the APIs
    return RemoteControl([*urls[first:], *urls[:first]], read, settings.agent.ca_file)


def _credential(path: Path) -> str:
    """What the file holds now. Raises ConfigurationError."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"[agent] credential_file: others may read {path}; make its mode 0600.")
        credential = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"[agent] credential_file: {path} cannot be read ({error}): make one on a controller with "
            "`cupola host credential NAME --output FILE` and bring it here."
        ) from error
    if not credential:
        raise ConfigurationError(f"[agent] credential_file: {path} is empty.")
    return credential
