"""A hypervisor without guests, held to the same contract as the real ones: for tests, simulation and demonstrations.

It keeps its machines in memory or, given a path, in an SQLite file that survives the process. It needs no privilege,
never sleeps (time passes only on the clock it is given), and fails when it was told to. What a guest itself would do
(print on its console, answer on the network) is not emulated.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.effects import Effect, Effects
from cupola.compute.host.drivers.errors import HypervisorError, NotEmulated, UnknownServer
from cupola.compute.host.drivers.generations import Known
from cupola.compute.host.reconcile import Change, Verb, changes, refuse_conflict
from cupola.compute.model.machine import Machine, MachineSpec

FACTS = HypervisorFacts("simulated", "1", 64, 262144, 4096, "none", "nothing is executed", "none: nothing to confine")


class Clock(Protocol):
    """Where the time goes that the simulated work takes, in seconds."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class VirtualClock:
    """Time that passes only when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@dataclass
class _Server:
    """All that the driver knows of a server: of one that is gone, how far it had come."""

    known: Known = field(default_factory=Known)
    spec: MachineSpec | None = None
    machine: Machine | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "known": asdict(self.known),
            "spec": self.spec and self.spec.to_json(),
            "machine": self.machine and self.machine.to_json(),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "_Server":
        spec, machine = plain["spec"], plain["machine"]
        return cls(
            Known(**plain["known"]),
            spec and MachineSpec.from_json(spec),
            machine and Machine.from_json(machine),
        )


class _File:
    """Servers by id, each written on its own: the time that takes does not grow with their number."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute("CREATE TABLE IF NOT EXISTS servers (id TEXT PRIMARY KEY, server TEXT NOT NULL)")

    def read(self) -> dict[str, _Server]:
        rows = self._file.execute("SELECT id, server FROM servers")
        return {server_id: _Server.from_json(json.loads(text)) for server_id, text in rows}

    def write(self, server_id: str, server: _Server) -> None:
        row = (server_id, json.dumps(server.to_json()))
        self._file.execute("INSERT OR REPLACE INTO servers VALUES (?, ?)", row)

    def close(self) -> None:
        self._file.close()


class SimulatedHypervisor:
    """See the module. `seconds` says how long each verb takes on `clock` (unnamed ones take no time)."""

    def __init__(
        self,
        path: Path | None = None,
        facts: HypervisorFacts = FACTS,
        clock: Clock | None = None,
        seconds: Mapping[Verb, float] | None = None,
    ) -> None:
        self._facts = facts
        self._clock: Clock = clock or VirtualClock()
        self._seconds = seconds or {}
        self._faults: dict[Verb, list[HypervisorError]] = {}
        self._lock = threading.RLock()
        self._file = _File(path) if path else None
        self._servers: dict[str, _Server] = self._file.read() if self._file else {}
        self._last_pid = max((machine.pid or 0 for machine in self.observe().values()), default=0)

    def describe(self) -> HypervisorFacts:
        return self._facts

    def observe(self) -> Mapping[str, Machine]:
        with self._lock:
            return {each: server.machine for each, server in self._servers.items() if server.machine is not None}

    def ensure(self, spec: MachineSpec) -> list[Effect]:
        with self._lock:
            server, effects = self._servers.setdefault(spec.server_id, _Server()), Effects(self._clock.now)
            server.known = server.known.admit(spec.server_id, spec.generation)
            refuse_conflict(server.spec, spec)
            server.spec = spec
            before = server.machine = server.machine or Machine(spec.server_id, 0, "shutdown")
            try:
                for change in changes(spec, before):
                    self._apply(spec.server_id, change, effects)
                self._update(spec.server_id, generation=spec.generation)
            except HypervisorError as error:
                error.effects = tuple(effects)
                if before.generation == 0:
                    server.spec = server.machine = None
                raise
            finally:
                self._save(spec.server_id)
            return effects

    def ensure_gone(self, server_id: str, generation: int | None = None) -> list[Effect]:
        with self._lock:
            server, effects = self._servers.setdefault(server_id, _Server()), Effects(self._clock.now)
            server.known = server.known.bury(server_id, generation)
            if server.machine is not None:
                server.spec = server.machine = None
                with effects.doing("server deleted", f"forget {server_id}"):
                    pass
            self._save(server_id)
            return effects

    def reboot(self, server_id: str, hard: bool) -> list[Effect]:
        with self._lock:
            machine, effects = self._machine(server_id), Effects(self._clock.now)
            spec = self._servers[server_id].spec
            if spec is None or spec.power != "running":
                raise HypervisorError("reboot", f"server {server_id} is wanted {spec and spec.power}")
            try:
                if machine.pid is not None:
                    self._apply(server_id, Change(Verb.KILL if hard else Verb.SHUT_DOWN), effects)
                for change in changes(spec, self._machine(server_id)):
                    self._apply(server_id, change, effects)
            finally:
                self._save(server_id)
            return effects

    def console_output(self, server_id: str, lines: int | None = None) -> str:
        self._machine(server_id)
        raise NotEmulated("console output", "the simulated hypervisor has no guests that print")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def fail(self, verb: Verb, error: HypervisorError) -> None:
        """Let the next such step raise `error`; several are used up in order."""
        self._faults.setdefault(verb, []).append(error)

    def crash(self, server_id: str, reason: str = "killed") -> None:
        """End a server as if its hypervisor process had died."""
        with self._lock:
            self._update(server_id, power="crashed", pid=None, nics=(), disks=(), reason=reason)
            self._save(server_id)

    def shut_itself_down(self, server_id: str) -> None:
        """End a server as if its guest had powered off."""
        with self._lock:
            self._update(server_id, power="shutdown", pid=None, nics=(), disks=())
            self._save(server_id)

    def lose_disk(self, server_id: str) -> None:
        """Let the server's root disk be gone, as if somebody had deleted the file."""
        with self._lock:
            self._update(server_id, lost=(f"disk of {server_id}",))
            self._save(server_id)

    def _apply(self, server_id: str, change: Change, effects: Effects) -> None:
        with effects.doing(change.verb, f"{change.verb} {change.subject or server_id}"):
            self._clock.sleep(self._seconds.get(change.verb, 0.0))
            if change.verb is Verb.START and (lost := self._machine(server_id).lost):
                raise HypervisorError("root disk", f"{' and '.join(lost)} was there and is gone")
            if self._faults.get(change.verb):
                raise self._faults[change.verb].pop(0)
            self._update(server_id, **self._result(self._machine(server_id), change))

    def _result(self, machine: Machine, change: Change) -> dict[str, Any]:
        """Return the fields of `machine` that the change gives new values."""
        match change.verb:
            case Verb.DEFINE:
                return {"undefined": False}
            case Verb.START:
                self._last_pid += 1
                return {"power": "paused", "pid": self._last_pid, "reason": None}
            case Verb.RESUME:
                return {"power": "running"}
            case Verb.KILL | Verb.SHUT_DOWN:
                return {"power": "shutdown", "pid": None, "nics": (), "disks": ()}
            case Verb.PLUG_NIC:
                return {"nics": (*machine.nics, change.subject)}
            case Verb.UNPLUG_NIC:
                return {"nics": tuple(port for port in machine.nics if port != change.subject)}
            case Verb.ATTACH_DISK:
                return {"disks": (*machine.disks, change.subject)}
            case Verb.DETACH_DISK:
                return {"disks": tuple(volume for volume in machine.disks if volume != change.subject)}

    def _machine(self, server_id: str) -> Machine:
        server = self._servers.get(server_id)
        if server is None or server.machine is None:
            raise UnknownServer("look-up", f"no server {server_id} on this host")
        return server.machine

    def _update(self, server_id: str, **fields: Any) -> None:
        self._servers[server_id].machine = replace(self._machine(server_id), **fields)

    def _save(self, server_id: str) -> None:
        if self._file is not None:
            self._file.write(server_id, self._servers[server_id])
