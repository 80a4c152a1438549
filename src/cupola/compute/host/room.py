"""Compute's room on a host: servers as documents want them, on whatever hypervisor the host has.

A guest that stopped by itself is not started again for the same generation: the control plane is told instead, and
what it wants next has a generation of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from cupola.base.effects import Effect
from cupola.base.hosts.agent import Outcome
from cupola.base.hosts.control import Document
from cupola.base.observe.findings import Finding
from cupola.base.observe.metrics import GUESTS
from cupola.compute.host.boot import booted_at
from cupola.compute.host.drivers.base import Hypervisor
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import changes
from cupola.compute.model.machine import Machine, MachineSpec, Power

KIND = "server"
UNWANTED = (
    "The agent takes it away at its next full pass, unless it was never recorded: then the database may be another, or "
    "an older one. If it is not, end the process and delete its directory."
)


class UnknownVerb(HypervisorError):
    """A command that no hypervisor here knows."""


class ComputeRoom:
    """The part of the compute service that runs on a host."""

    kinds = (KIND,)
    side_by_side = True

    def __init__(self, hypervisor: Hypervisor) -> None:
        self._hypervisor = hypervisor

    def facts(self) -> Mapping[str, Any]:
        return asdict(self._hypervisor.describe()) | {"booted_at": booted_at()}

    def prepare(self) -> None:
        """Guests stand on nothing that is compute's."""

    def present(self) -> Sequence[str]:
        machines = self._hypervisor.observe()
        count = Counter(machine.power for machine in machines.values())
        for power in get_args(Power):
            GUESTS.labels(power).set(count[power])
        return [f"{KIND}/{server_id}" for server_id in machines]

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        machines = self._hypervisor.observe()
        specs = {name: MachineSpec.from_json(document["machine"]) for name, document in documents.items()}
        extra = [id_ for id_ in sorted(machines) if f"{KIND}/{id_}" not in specs]
        return [
            *(finding for name, spec in specs.items() for finding in _differences(name, spec, machines)),
            *(
                Finding("guest.unwanted", f"{KIND}/{id_}", "A guest is here that is not wanted here.", UNWANTED)
                for id_ in extra
            ),
        ]

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        if document is None:
            return Outcome({"power": None}, _effects(self._hypervisor.ensure_gone(id_)))
        spec = MachineSpec.from_json(document["machine"])
        before = self._hypervisor.observe().get(id_)
        if before is not None and stopped_by_itself(spec, before):
            return Outcome(_seen(before), news=True)
        effects = self._hypervisor.ensure(spec)
        return Outcome(_seen(self._hypervisor.observe()[id_]), _effects(effects))

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        match verb:
            case "reboot":
                effects = self._hypervisor.reboot(id_, bool(payload["hard"]))
                return Outcome(_seen(self._hypervisor.observe()[id_]), _effects(effects))
            case "console_output":
                return Outcome({"output": self._hypervisor.console_output(id_, payload["lines"])})
        raise UnknownVerb(verb, f"no such command for a {kind}")


def stopped_by_itself(spec: MachineSpec, machine: Machine) -> bool:
    """Whether the host had brought it to what is wanted, running, and it runs no more."""
    reached = machine.generation == spec.generation
    return reached and spec.power == "running" and machine.power in ("shutdown", "crashed")


def _seen(machine: Machine) -> dict[str, Any]:
    return {"power": machine.power, "generation": machine.generation, "reason": machine.reason}


def _effects(effects: Sequence[Any]) -> list[Effect]:
    return [Effect(effect.what, effect.call, effect.result, effect.seconds) for effect in effects]


def _finding(check: str, subject: str, what: str) -> Finding:
    return Finding(check, subject, what, "The agent brings it back at its next full pass, or when it is started.")


def _differences(subject: str, spec: MachineSpec, machines: Mapping[str, Machine]) -> list[Finding]:
    machine = machines.get(spec.server_id)
    if machine is None:
        return [_finding("guest.missing", subject, "There is no such guest on this host.")]
    if machine.lost:
        what = f"{' and '.join(machine.lost)} was there and is gone: the guest runs on what it holds open, if it runs."
        return [Finding("guest.disk", subject, what, "Put the file back from a backup, or delete the server.")]
    if machine.cut_off:
        what = f"The taps of ports {', '.join(machine.cut_off)} were deleted while the guest ran: it is cut off."
        return [Finding("guest.cut_off", subject, what, f"`openstack server reboot --hard {spec.server_id}`")]
    if machine.undefined:
        what = "The hypervisor's own list of guests lacks it: somebody took it off there."
        return [Finding("guest.undefined", subject, what, "The agent defines it again at its next full pass.")]
    if machine.generation != spec.generation:
        known = f"The guest is at generation {machine.generation}, {spec.generation} is wanted."
        return [_finding("guest.late", subject, known)]
    return [
        _finding("guest.differs", subject, f"The guest is {machine.power}: to {change.verb} {change.subject} is left.")
        for change in changes(spec, machine)
    ]
