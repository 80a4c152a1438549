"""Hypervisors: hosts with what they have, what of it is used, and the servers on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db.paging import BadMarker, Page
from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound
from cupola.compute.model.service import COMPUTE, ServiceState
from cupola.compute.store import servers, services
from cupola.placement import interface as placement


class HypervisorNotFound(NotFound):
    def __init__(self, hypervisor_id: str) -> None:
        super().__init__(f"Hypervisor with ID '{hypervisor_id}' could not be found.")


class NothingMatches(NotFound):
    def __init__(self, pattern: str) -> None:
        super().__init__(f"No hypervisor matching '{pattern}' could be found.")


@dataclass(frozen=True)
class Hypervisor:
    """A host that runs servers, each (id, name). Amounts are by resource class; what is reserved counts as used."""

    state: ServiceState
    total: Mapping[str, int]
    used: Mapping[str, int]
    servers: Sequence[tuple[str, str]]


def listed(ctx: Context) -> list[Hypervisor]:
    """All of them, in the order they came (six statements)."""
    return ctx.read("hypervisor.list", _all)


def _all(tx: Transaction) -> list[Hypervisor]:
    stocks = {one.provider_id: one.inventories for one in placement.candidates_in(tx, {})}
    there = servers.on_hosts(tx)
    return [
        Hypervisor(
            state,
            {name: stock.inventory.total for name, stock in stocks.get(state.service.id, {}).items()},
            {name: stock.used + stock.inventory.reserved for name, stock in stocks.get(state.service.id, {}).items()},
            there.get(state.service.host, ()),
        )
        for state in services.states(tx)
        if state.service.binary == COMPUTE
    ]


def page_of(found: Sequence[Hypervisor], page: Page, by_number: bool) -> list[Hypervisor]:
    """The part of a list that a page asks for, its marker being an id or (`by_number`) a number. Raises BadMarker."""
    ids = [str(one.state.service.number) if by_number else one.state.service.id for one in found]
    if page.marker is not None and page.marker not in ids:
        raise BadMarker(page.marker)
    start = 0 if page.marker is None else ids.index(page.marker) + 1
    return list(found[start:][: page.limit])


def find(ctx: Context, hypervisor_id: str, by_number: bool) -> Hypervisor:
    """Raises HypervisorNotFound."""
    for one in listed(ctx):
        if hypervisor_id == (str(one.state.service.number) if by_number else one.state.service.id):
            return one
    raise HypervisorNotFound(hypervisor_id)


def named_like(ctx: Context, pattern: str) -> list[Hypervisor]:
    """Those whose name contains `pattern`. Raises NothingMatches."""
    if found := [one for one in listed(ctx) if pattern in one.state.service.host]:
        return found
    raise NothingMatches(pattern)
