"""Hosts: how they come in, and the snapshot of them that a scheduler decides on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.compute.model.scheduling import Decision, Need, decide
from cupola.compute.model.service import COMPUTE, HostState, offers_of
from cupola.compute.store import services
from cupola.placement import interface as placement

LOOKED_AT_FIRST = 32
"""Of so many hosts one is chosen, where there are more: to read a thousand of them takes 0.15 s of CPU a server."""


def arrived(tx: Transaction, ctx: Context, host: str, facts: Mapping[str, Any]) -> None:
    """A host's agent is new or started anew: take it in as a service, and what it offers as inventory."""
    offered = facts.get("server")
    if not offered:
        return
    service = services.find(tx, host, COMPUTE)
    provider_id = placement.provide_in(
        tx, ctx, host, offers_of(offered), offered.get("traits", ()), service.id if service else None
    )
    if service is None:
        try:
            services.insert_service(tx, provider_id, host, COMPUTE)
        except Duplicate as error:  # another host came at the same moment and has the number: this one takes the next
            raise StaleWrite("service", host) from error


def choice_in(tx: Transaction, need: Need, most: int = LOOKED_AT_FIRST) -> Decision:
    """Decide on a host for a server. Of more than `most`, those with the most memory left that take work now are looked
    at first, and all only if none of those will do: so a refusal always speaks of all hosts.
    """
    if need.host is None:
        first = placement.roomiest_in(tx, "MEMORY_MB", most, services.unusable(tx, COMPUTE))
        if len(first) == most:
            decision = decide(host_states_in(tx, first), need)
            if decision.chosen is not None:
                return decision
    return decide(host_states_in(tx), need)


def host_states_in(tx: Transaction, among: Collection[str] | None = None) -> list[HostState]:
    """Every compute host (or those `among` these provider ids) by name, usable or not (six statements, whatever their
    number)."""
    candidates = {one.provider_id: one for one in placement.candidates_in(tx, {}, among=among)}
    found = []
    for state in services.states(tx, among):
        candidate = candidates.get(state.service.id)
        if state.service.binary != COMPUTE or candidate is None:
            continue
        stocks = candidate.inventories
        found.append(
            HostState(
                host=state.service.host,
                provider_id=state.service.id,
                zone=state.zone,
                alive=state.alive,
                enabled=not state.service.disabled,
                disabled_reason=state.service.disabled_reason,
                traits=candidate.traits,
                total={name: stock.inventory.total for name, stock in stocks.items()},
                used={name: stock.used for name, stock in stocks.items()},
                free={name: stock.free for name, stock in stocks.items()},
                facts=state.facts,
            )
        )
    return sorted(found, key=lambda one: one.host)


def disabled_in(tx: Transaction) -> frozenset[str]:
    """The names of the hosts that administrators have disabled."""
    return services.disabled(tx, COMPUTE)
