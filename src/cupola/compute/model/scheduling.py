"""Choosing a host: pure functions from what is known of all hosts to a decision that says why.

Each filter that turns a host down gives a reason in plain words; the decision counts them, so that "no host" always
comes with how many were looked at and what each kind of them lacks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cupola.compute.model.service import HostState

UNITS = {"MEMORY_MB": "MB of memory", "DISK_GB": "GB of disk", "VCPU": "VCPUs"}


@dataclass(frozen=True)
class Need:
    """What a server needs of a host: amounts by resource class, and traits.

    `host` names the only one that will do; `excluded` are those that failed.
    """

    resources: Mapping[str, int]
    traits: frozenset[str] = frozenset()
    zone: str | None = None
    host: str | None = None
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rejection:
    """How many hosts one filter turned down, and what is said of the one that came nearest."""

    count: int
    reason: str


@dataclass(frozen=True)
class Decision:
    """The host chosen (None: none will do) and why not the others, by filter."""

    considered: int
    chosen: HostState | None
    rejected: Mapping[str, Rejection] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "considered": self.considered,
            "chosen": self.chosen.host if self.chosen else None,
            "rejected": {name: {"count": r.count, "nearest_miss": r.reason} for name, r in self.rejected.items()},
        }

    def __str__(self) -> str:
        """`3 considered; 2 lack 512 MB of memory, 1 is disabled`."""
        reasons = ", ".join(f"{rejection.count} {rejection.reason}" for rejection in self.rejected.values())
        return f"{self.considered} considered" + (f"; {reasons}" if reasons else "")


Miss = tuple[int, str, str]
"""By how much a host missed, what one host is said to be, what several are."""
Filter = Callable[[HostState, Need], Miss | None]


def _named(host: HostState, need: Need) -> Miss | None:
    if need.host is None or host.host == need.host:
        return None
    return 1, f"is not {need.host}", f"are not {need.host}"


def _in_zone(host: HostState, need: Need) -> Miss | None:
    if need.zone is None or host.zone == need.zone:
        return None
    return 1, f"is not in zone {need.zone}", f"are not in zone {need.zone}"


def _alive(host: HostState, _need: Need) -> Miss | None:
    return None if host.alive else (1, "does not answer", "do not answer")


def _enabled(host: HostState, _need: Need) -> Miss | None:
    return None if host.enabled else (1, "is disabled", "are disabled")


def _untried(host: HostState, need: Need) -> Miss | None:
    return (1, "failed before", "failed before") if host.host in need.excluded else None


def _able(host: HostState, need: Need) -> Miss | None:
    missing = sorted(need.traits - host.traits)
    return (len(missing), f"lacks {', '.join(missing)}", f"lack {', '.join(missing)}") if missing else None


def _roomy(host: HostState, need: Need) -> Miss | None:
    """The lack of one resource is enough; that of memory is told first. No server gets more than the whole host."""
    for name, amount in sorted(need.resources.items(), key=lambda item: (item[0] not in UNITS, item[0] != "MEMORY_MB")):
        lacking = amount - max(min(host.free.get(name, 0), host.total.get(name, 0)), 0)
        if lacking > 0:
            what = f"{lacking} {UNITS.get(name, name)}"
            return lacking, f"lacks {what}", f"lack {what}"
    return None


FILTERS: Mapping[str, Filter] = {
    "host": _named,
    "zone": _in_zone,
    "alive": _alive,
    "enabled": _enabled,
    "tried": _untried,
    "traits": _able,
    "resources": _roomy,
}
"""In the order they are asked; the first that says no is the one that counts."""


def weight(host: HostState) -> tuple[int, int, str]:
    """Most free memory first, then most free VCPUs, then by name so that equals are always taken in one order."""
    return -host.free.get("MEMORY_MB", 0), -host.free.get("VCPU", 0), host.host


def decide(hosts: Sequence[HostState], need: Need) -> Decision:
    """Pick the host that weighs best among those that pass every filter."""
    counts: Counter[str] = Counter()
    nearest: dict[str, Miss] = {}
    passed = []
    for host in hosts:
        name, miss = next(((n, m) for n, check in FILTERS.items() if (m := check(host, need))), (None, None))
        if name is None or miss is None:
            passed.append(host)
            continue
        counts[name] += 1
        nearest[name] = min(miss, nearest.get(name, miss))
    rejected = {name: _rejection(counts[name], nearest[name]) for name in FILTERS if counts[name]}
    return Decision(len(hosts), min(passed, key=weight, default=None), rejected)


def _rejection(count: int, nearest: Miss) -> Rejection:
    _, one, several = nearest
    return Rejection(count, one if count == 1 else several)
