"""Services of compute, as administrators see them: one for each host's agent, and those of the conductor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cupola.base.hosts.registry import DEFAULT_ZONE, Host
from cupola.placement.interface import Offer

COMPUTE, CONDUCTOR, SCHEDULER = "nova-compute", "nova-conductor", "nova-scheduler"
INTERNAL_ZONE = "internal"
CONDUCTOR_ALIVE_WITHIN = timedelta(seconds=90)

VCPU_RATIO = 16.0
"""Processors are shared: guests that wait cost none."""
ALONE = "127.0.0.1"
"""The address of a host that no other host has to reach."""
RESERVED_MB = 512
"""Memory that the host keeps for itself."""


@dataclass(frozen=True)
class ComputeService:
    """One service on one host. That of an agent is the hypervisor too, and its id that of the resource provider.

    `number` is its id in the microversions before 2.53. `seen_at` is kept for the conductor's; for agents the registry
    of hosts has it.
    """

    id: str
    number: int
    binary: str
    host: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    seen_at: datetime | None
    generation: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class ServiceState:
    """A service with what is known of its host now."""

    service: ComputeService
    zone: str
    alive: bool
    seen_at: datetime | None
    facts: Mapping[str, Any]
    address: str | None = None


def state_of(service: ComputeService, host: Host | None, now: datetime) -> ServiceState:
    """How a service is doing; without a registered host, as its own row says."""
    if service.binary != COMPUTE:
        seen = service.seen_at
        fresh = seen is not None and now - seen < CONDUCTOR_ALIVE_WITHIN
        return ServiceState(service, INTERNAL_ZONE, fresh and not service.forced_down, seen, {})
    if host is None:
        return ServiceState(service, DEFAULT_ZONE, False, None, {})
    alive = host.alive(now) and not service.forced_down
    facts = host.facts.get("server", {})
    address = host.facts.get("network", {}).get("vtep") or ALONE
    return ServiceState(service, host.zone, alive, host.seen_at, facts, address)


def offers_of(facts: Mapping[str, Any]) -> dict[str, Offer]:
    """What a host's facts mean as inventory."""
    memory = int(facts["memory_mb"])
    return {
        "VCPU": Offer(int(facts["vcpus"]), allocation_ratio=VCPU_RATIO),
        "MEMORY_MB": Offer(memory, reserved=min(RESERVED_MB, memory // 8)),
        "DISK_GB": Offer(int(facts["disk_gb"])),
    }


@dataclass(frozen=True)
class HostState:
    """A host as a scheduler sees it. Amounts are by resource class; `free` has the ratios applied."""

    host: str
    provider_id: str
    zone: str
    alive: bool
    enabled: bool
    disabled_reason: str | None
    traits: frozenset[str]
    total: Mapping[str, int]
    used: Mapping[str, int]
    free: Mapping[str, int]
    facts: Mapping[str, Any]
