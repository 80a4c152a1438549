"""A hypervisor without guests, held to the same contract as the real ones: for tests, simulation and demonstrations.

It keeps its machines in memory or, given a path, in a JSON file that survives the process. It needs no privilege, never
sleeps (time passes only on the clock it is given), and fails when it was told to. What a guest itself would do (print
on its console, answer on the network) is not emulated.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from cupola.compute.host.drivers.base import HypervisorFacts
from cupola.compute.host.drivers.durable import write_durably
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
class _State:
    """All that the driver knows: what its file holds."""

    known: dict[str, Known] = field(default_factory=dict)
    specs: dict[str, MachineSpec] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    last_pid: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "known": {server: asdict(known) for server, known in self.known.items()},
            "specs": {server: spec.to_json() for server, spec in self.specs.items()},
            "machines": {server: machine.to_json() for server, machine in self.machines.items()},
            "last_pid": self.last_pid,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "_State":
        return cls(
            {server: Known(**known) for server, known in plain["known"].items()},
            {server: MachineSpec.from_json(spec) for server, spec in plain["specs"].items()},
            {server: Machine.from_json(machine) for server, machine in plain["machines"].items()},
            plain["last_pid"],
        )


class SimulatedHypervisor:
    """See the module. `seconds` says how long each verb takes on `clock` (unnamed ones take no time)."""

    def __init__(
        self,
        path: Path | None = None,
        facts: HypervisorFacts = FACTS,
        clock: Clock | None = None,
        seconds: Mapping[Verb, float] | None = None,
    ) -> None:
        self._path, self._facts = path, facts
        self._clock: Clock = clock or VirtualClock()
        self._seconds = seconds or {}
        self._faults: dict[Verb, list[HypervisorError]] = {}
        self._lock = threading.RLock()
        self._state = _State.from_json(json.loads(path.read_bytes())) if path and path.exists() else _State()

    def describe(self) -> HypervisorFacts:
        return self._facts

    def observe(self) -> Mapping[str, Machine]:
        with self._lock:
            return dict(self._state.machines)

    def ensure(self, spec: MachineSpec) -> list[Effect]:
        with self._lock:
            server, state, effects = spec.server_id, self._state, Effects(self._clock.now)
            state.known[server] = state.known.get(server, Known()).admit(server, spec.generation)
            refuse_conflict(state.specs.get(server), spec)
            state.specs[server] = spec
            machine = state.machines.setdefault(server, Machine(server, 0, "shutdown"))
            try:
                for change in changes(spec, machine):
                    self._apply(server, change, effects)
            except HypervisorError as error:
                error.effects = tuple(effects)
                if machine.generation == 0:
                    del state.specs[server], state.machines[server]
                raise
            finally:
                self._save()
            self._update(server, generation=spec.generation)
            return effects

    def ensure_gone(self, server_id: str, generation: int | None = None) -> list[Effect]:
        with self._lock:
            known, effects = self._state.known.get(server_id, Known()), Effects(self._clock.now)
            self._state.known[server_id] = known.bury(server_id, generation)
            if self._state.machines.pop(server_id, None) is not None:
                del self._state.specs[server_id]
                with effects.doing("server deleted", f"forget {server_id}"):
                    pass
            self._save()
            return effects

    def reboot(self, server_id: str, hard: bool) -> list[Effect]:
        with self._lock:
            machine, effects = self._machine(server_id), Effects(self._clock.now)
            spec = self._state.specs[server_id]
            if spec.power != "running":
                raise HypervisorError("reboot", f"server {server_id} is wanted {spec.power}")
            if machine.pid is not None:
                self._apply(server_id, Change(Verb.KILL if hard else Verb.SHUT_DOWN), effects)
            for change in changes(spec, self._machine(server_id)):
                self._apply(server_id, change, effects)
            return effects

    def console_output(self, server_id: str, lines: int | None = None) -> str:
        self._machine(server_id)
        raise NotEmulated("console output", "the simulated hypervisor has no guests that print")

    def close(self) -> None:
        """Nothing is held."""

    def fail(self, verb: Verb, error: HypervisorError) -> None:
        """Let the next such step raise `error`; several are used up in order."""
        self._faults.setdefault(verb, []).append(error)

    def crash(self, server_id: str, reason: str = "killed") -> None:
        """End a server as if its hypervisor process had died."""
        with self._lock:
            self._machine(server_id)
            self._update(server_id, power="crashed", pid=None, nics=(), disks=(), reason=reason)

    def shut_itself_down(self, server_id: str) -> None:
        """End a server as if its guest had powered off."""
        with self._lock:
            self._machine(server_id)
            self._update(server_id, power="shutdown", pid=None, nics=(), disks=())

    def lose_disk(self, server_id: str) -> None:
        """Let the server's root disk be gone, as if somebody had deleted the file."""
        with self._lock:
            self._update(server_id, lost=(f"disk of {server_id}",))

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
                self._state.last_pid += 1
                return {"power": "paused", "pid": self._state.last_pid, "reason": None}
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
        if server_id not in self._state.machines:
            raise UnknownServer("look-up", f"no server {server_id} on this host")
        return self._state.machines[server_id]

    def _update(self, server_id: str, **fields: Any) -> None:
        self._state.machines[server_id] = replace(self._state.machines[server_id], **fields)
        self._save()

    def _save(self) -> None:
        if self._path is not None:
            write_durably(self._path, json.dumps(self._state.to_json()).encode())
