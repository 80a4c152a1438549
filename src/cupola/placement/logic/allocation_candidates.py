"""Allocation candidates: the ways in which a request can be met now, for clients of the API."""

from __future__ import annotations

from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.placement.logic.names import unknown_traits
from cupola.placement.logic.providers import InvalidFilter, check_group
from cupola.placement.model.forest import Node
from cupola.placement.model.request import CandidatesRequest
from cupola.placement.model.search import Way, find
from cupola.placement.store import forest


@dataclass(frozen=True)
class Found:
    """The ways, and the providers that a client needs to know to choose among them."""

    ways: list[Way]
    nodes: list[Node]


def search(ctx: Context, request: CandidatesRequest) -> Found:
    """Raises InvalidFilter when the request names what does not exist."""

    def read(tx: Transaction) -> Found:
        for group in request.groups.values():
            check_group(tx, group)
        if missing := unknown_traits(tx, request.root_required | request.root_forbidden):
            raise InvalidFilter(f"No such trait(s): {', '.join(sorted(missing))}.")
        providers = forest.read(tx)
        ways = find(providers, request)
        named = {who for way in ways for given in way.mappings.values() for who in given}
        if request.nested:
            roots = {providers.nodes[who].provider.root_id for who in named}
            named = {node.id for root in roots for node in providers.trees[root]}
        return Found(ways, [providers.nodes[who] for who in sorted(named)])

    return ctx.read("allocation_candidate.list", read)
