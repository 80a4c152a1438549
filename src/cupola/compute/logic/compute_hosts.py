"""Hosts: how they come in, and the snapshot of them that a scheduler decides on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.model.service import COMPUTE, HostState, offers_of
from cupola.compute.store import services
from cupola.placement import interface as placement


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
        services.insert_service(tx, provider_id, host, COMPUTE)


def host_states_in(tx: Transaction) -> list[HostState]:
    """Every compute host by name, usable or not (six statements, whatever their number)."""
    candidates = {one.provider_id: one for one in placement.candidates_in(tx, {})}
    found = []
    for state in services.states(tx):
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
